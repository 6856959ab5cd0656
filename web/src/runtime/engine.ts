import { engineSettings, type EngineSettings } from '../env.js';
import { VerdictError } from '../errors.js';
import { CONFIG } from '../file_names.js';
import { readAll, readText, requireFile, type FileSource } from '../hub/byte_file.js';
import { Sources, type SourceContext } from '../hub/sources.js';
import type { RawTensor } from '../tensor.js';
import type {
  ConfigJson,
  HubOptions,
  LoadReport,
  ModelSource,
  ProgressCallback,
} from '../types.js';
import { instantiate, type Loaded } from './instantiate.js';
import type { NativeModel, NativeModule, NativePipeline, NativeTokenizer } from './module.js';
import { pullTensors, pushTensors, unwrap, withNative, type BuildInfo } from './native.js';
import type { StaticModules } from './variants.js';
import { loadFiles, loadStateDict } from './weights.js';

const TOKENIZER_CONFIG = 'tokenizer_config.json';
const SPECIAL_TOKENS_MAP = 'special_tokens_map.json';
const TOKENIZER_FILES = ['tokenizer.json', TOKENIZER_CONFIG, SPECIAL_TOKENS_MAP, CONFIG];
/** Vocabularies of folders without `tokenizer.json`. */
const LEGACY_TOKENIZER_FILES = [
  'added_tokens.json',
  'vocab.txt',
  'vocab.json',
  'merges.txt',
  'bpe.codes',
  'prophetnet.tokenizer',
  'spiece.model',
  'sentencepiece.bpe.model',
  'sentencepiece.model',
  'spm.model',
  'tokenizer.model',
];

export interface ModelInfo {
  handle: number;
  class_name: string;
  config: ConfigJson;
  dtype: string;
  backend: string;
  max_length: number | null;
  arguments: string[];
  load_report: LoadReport;
  warning: string;
}

/** Tokenized texts. */
export interface EncodedRows {
  /** Tokens by row. */
  sizes: number[];
  /** The text of each row. */
  samples: number[];
  /** The fields of `Encoding`, in their order, each of all rows. */
  tokens: Int32Array<ArrayBuffer>;
}

export interface TokenizerInfo {
  handle: number;
  tokenizer_class: string;
  vocab_size: number;
  model_max_length: number | null;
  model_input_names: string[];
  padding_side: 'right' | 'left';
  truncation_side: 'right' | 'left';
  /** Token and id by role. */
  special_tokens: Partial<Record<`${SpecialTokenRole}_token`, [string, number | null]>>;
  all_special_tokens: string[];
}

export type SpecialTokenRole = 'bos' | 'eos' | 'unk' | 'sep' | 'pad' | 'cls' | 'mask';

/** A tokenizer and where it came from. */
interface OpenTokenizer {
  native: NativeTokenizer;
  source: ModelSource;
  options: HubOptions;
  /** Of the files that were read. */
  names: string[];
  config: Record<string, unknown>;
}

export interface LoadModelOptions extends HubOptions {
  kwargs: Record<string, unknown>;
  config: ConfigJson | null;
  state_dict: Record<string, RawTensor> | null;
  dtype: string;
  ignore_mismatched_sizes: boolean;
  seed: number;
  /** The model type whose class is the only one that is taken; null: any. */
  expected: string | null;
}

export interface ForwardResult {
  tensors: Record<string, RawTensor>;
  loss: number | null;
  problem_type: string | null;
}

export interface ParameterInfo {
  name: string;
  shape: number[];
  storage: string;
  packed_bytes: number;
}

export type TextPair = readonly [string, string | null];

/** Callbacks that a host passes with a call. */
export interface CallContext {
  progress: ProgressCallback | undefined;
  warn: (message: string) => void;
}

/**
 * Everything that touches the WebAssembly module: loads files into it and runs it. It lives in a
 * worker or in the caller's thread; objects are known by handles.
 */
export class Engine {
  private loaded: Promise<Loaded> | undefined;
  /** Loads under way, which keep the module. */
  private loading = 0;
  private readonly sources = new Sources();
  private readonly models = new Map<number, NativeModel>();
  private readonly tokenizers = new Map<number, OpenTokenizer>();
  private readonly pipelines = new Map<number, NativePipeline>();
  private nextHandle = 1;
  private settings: EngineSettings = engineSettings();

  /** `modules`: the variants to choose from, instead of those that are imported when needed. */
  constructor(private readonly modules?: StaticModules) {}

  configure(settings: EngineSettings): void {
    this.settings = settings;
  }

  async info(): Promise<BuildInfo & { threads: number }> {
    const { info, threads } = await this.load();
    return { ...info, threads };
  }

  parseConfig(
    source: ModelSource,
    options: HubOptions,
    kwargs: Record<string, unknown>,
    context: CallContext,
  ): Promise<ConfigJson> {
    return this.whileLoading((loaded) => this.readConfig(loaded, source, options, kwargs, context));
  }

  loadTokenizer(
    source: ModelSource,
    options: HubOptions,
    context: CallContext,
  ): Promise<TokenizerInfo> {
    return this.whileLoading((loaded) => this.readTokenizer(loaded, source, options, context));
  }

  loadModel(
    source: ModelSource | null,
    options: LoadModelOptions,
    context: CallContext,
  ): Promise<ModelInfo> {
    return this.whileLoading((loaded) => this.readModel(loaded, source, options, context));
  }

  private async readConfig(
    { module }: Loaded,
    source: ModelSource,
    options: HubOptions,
    kwargs: Record<string, unknown>,
    context: CallContext,
  ): Promise<ConfigJson> {
    const hub = this.sourceContext(module, context);
    const direct = await this.sources.openJsonFile(source, options, hub);
    const files = direct ? null : await this.sources.open(source, options, hub);
    const file = direct ?? (await requireFile(files as FileSource, CONFIG));
    return unwrap(
      module.parse_config(
        await readText(file),
        file.name,
        JSON.stringify(kwargs),
        files?.name ?? '',
      ),
    );
  }

  private async readTokenizer(
    { module }: Loaded,
    source: ModelSource,
    options: HubOptions,
    context: CallContext,
  ): Promise<TokenizerInfo> {
    const files = await this.sources.open(source, options, this.sourceContext(module, context));
    const contents = new Map<string, Uint8Array>();
    const read = async (names: readonly string[]) => {
      const opened = await Promise.all(names.map((name) => files.open(name)));
      for (const [i, file] of opened.entries()) {
        if (file) contents.set(names[i] as string, await readAll(file));
      }
    };
    await read(TOKENIZER_FILES);
    if (!contents.has('tokenizer.json')) await read(LEGACY_TOKENIZER_FILES);
    const tokenizer = new module.Tokenizer();
    try {
      const info = withNative(new module.Files(), (native) => {
        for (const [name, bytes] of contents) native.add(name, bytes);
        return unwrap<Omit<TokenizerInfo, 'handle'>>(tokenizer.load(native, files.name));
      });
      const handle = this.nextHandle++;
      const settings = (name: string): object =>
        JSON.parse(new TextDecoder().decode(contents.get(name)) || '{}') as object;
      const config = {
        ...settings(SPECIAL_TOKENS_MAP),
        ...settings(TOKENIZER_CONFIG),
        ...(info.tokenizer_class && { tokenizer_class: info.tokenizer_class }),
      };
      const kept = [...contents.keys()].filter(
        (name) => name === TOKENIZER_FILES[0] || !TOKENIZER_FILES.includes(name),
      );
      this.tokenizers.set(handle, { native: tokenizer, source, options, names: kept, config });
      return { handle, ...info };
    } catch (error) {
      tokenizer.delete();
      throw error;
    }
  }

  /** The files of a tokenizer, read again; what its configs say is in one. */
  tokenizerFiles(tokenizer: number, context: CallContext): Promise<Record<string, Uint8Array>> {
    const { source, options, names, config } = find(this.tokenizers, tokenizer, 'tokenizer');
    return this.whileLoading(async ({ module }) => {
      const files = await this.sources.open(source, options, this.sourceContext(module, context));
      const contents: Record<string, Uint8Array> = {};
      for (const name of names) contents[name] = await readAll(await requireFile(files, name));
      contents[TOKENIZER_CONFIG] = new TextEncoder().encode(JSON.stringify(config, null, 2));
      return contents;
    });
  }

  private async readModel(
    { module, runtime }: Loaded,
    source: ModelSource | null,
    options: LoadModelOptions,
    context: CallContext,
  ): Promise<ModelInfo> {
    const hub = this.sourceContext(module, context);
    const files = source === null ? null : await this.sources.open(source, options, hub);
    const config = options.config
      ? JSON.stringify(options.config)
      : await readText(await requireFile(files as FileSource, CONFIG));

    const loader = new module.Loader();
    const model = new module.Model();
    try {
      const { dtype, ignore_mismatched_sizes, seed } = options;
      const load = JSON.stringify({
        dtype,
        ignore_mismatched_sizes,
        seed,
        model: files?.name,
        expected: options.expected ?? undefined,
      });
      unwrap(loader.open(runtime, config, JSON.stringify(options.kwargs), load));
      if (options.state_dict) loadStateDict(loader, options.state_dict);
      else if (files) await loadFiles(loader, files, module);
      unwrap(loader.finish(model));
      const handle = this.nextHandle++;
      const info = unwrap<Omit<ModelInfo, 'handle'>>(model.info());
      this.models.set(handle, model);
      return { handle, ...info };
    } catch (error) {
      model.delete();
      throw error;
    } finally {
      loader.delete();
    }
  }

  async forward(
    model: number,
    inputs: Record<string, RawTensor>,
    options: { output_attentions?: boolean; output_hidden_states?: boolean },
  ): Promise<ForwardResult> {
    const { module } = await this.load();
    return withNative(new module.Tensors(), (given) =>
      withNative(new module.Tensors(), (out) => {
        pushTensors(given, inputs);
        const rest = unwrap<Omit<ForwardResult, 'tensors'>>(
          this.model(model).forward(given, JSON.stringify(options), out),
        );
        return { ...rest, tensors: pullTensors(out) };
      }),
    );
  }

  async train(model: number, mode: boolean): Promise<boolean> {
    return unwrap(this.model(model).train(mode));
  }

  async namedParameters(model: number): Promise<ParameterInfo[]> {
    return unwrap(this.model(model).named_parameters());
  }

  async parameter(model: number, name: string): Promise<RawTensor> {
    const { module } = await this.load();
    return withNative(new module.Tensors(), (out) => {
      unwrap(this.model(model).parameter(name, out));
      return pullTensors(out)[name] as RawTensor;
    });
  }

  async configText(model: number): Promise<string> {
    return unwrap(this.model(model).config_json());
  }

  async counters(model: number): Promise<Record<string, number>> {
    return unwrap(this.model(model).counters());
  }

  async encode(
    tokenizer: number,
    texts: readonly string[],
    options: Record<string, unknown>,
  ): Promise<EncodedRows> {
    const native = this.tokenizer(tokenizer);
    const lengths = texts.map((text) => text.length);
    const bytes = new TextEncoder().encode(texts.join(''));
    const rows = unwrap<Omit<EncodedRows, 'tokens'>>(
      native.encode(bytes, JSON.stringify({ ...options, lengths })),
    );
    return { ...rows, tokens: native.encoded().slice() };
  }

  async decode(tokenizer: number, ids: readonly number[], skip: boolean): Promise<string> {
    return unwrap(this.tokenizer(tokenizer).decode(JSON.stringify(ids), skip));
  }

  async tokens(tokenizer: number, ids: readonly number[]): Promise<string[]> {
    return unwrap(this.tokenizer(tokenizer).tokens(JSON.stringify(ids)));
  }

  async ids(tokenizer: number, tokens: readonly string[]): Promise<(number | null)[]> {
    return unwrap(this.tokenizer(tokenizer).ids(JSON.stringify(tokens)));
  }

  async openPipeline(
    model: number,
    tokenizer: number,
    allow_new_head: boolean,
  ): Promise<{ handle: number; max_length: number | null }> {
    const { module } = await this.load();
    const pipeline = new module.Pipeline();
    try {
      const info = unwrap<{ max_length: number | null }>(
        pipeline.open(this.model(model), this.tokenizer(tokenizer), allow_new_head),
      );
      const handle = this.nextHandle++;
      this.pipelines.set(handle, pipeline);
      return { handle, ...info };
    } catch (error) {
      pipeline.delete();
      throw error;
    }
  }

  async classify(
    pipeline: number,
    inputs: readonly TextPair[],
    options: Record<string, unknown>,
  ): Promise<{ label: string; score: number }[][]> {
    const results = unwrap<{ label: string; score: number | null }[][]>(
      find(this.pipelines, pipeline, 'pipeline').classify(
        JSON.stringify(inputs),
        JSON.stringify(options),
      ),
    );
    // JSON has no NaN.
    return results.map((labels) =>
      labels.map(({ label, score }) => ({ label, score: score ?? NaN })),
    );
  }

  /** Frees objects; when the last one is gone, the module and all its memory go too. */
  async dispose(handles: readonly number[]): Promise<void> {
    for (const handle of handles) {
      this.tokenizers.get(handle)?.native.delete();
      this.tokenizers.delete(handle);
      for (const objects of [this.pipelines, this.models]) {
        objects.get(handle)?.delete();
        objects.delete(handle);
      }
    }
    await this.releaseIfIdle();
  }

  /** Runs a load; the module stays while one is under way. */
  private async whileLoading<T>(load: (loaded: Loaded) => Promise<T>): Promise<T> {
    this.loading += 1;
    try {
      return await load(await this.load());
    } finally {
      this.loading -= 1;
      await this.releaseIfIdle();
    }
  }

  private async releaseIfIdle(): Promise<void> {
    const { models, tokenizers, pipelines, loading, loaded } = this;
    if (models.size + tokenizers.size + pipelines.size + loading > 0 || !loaded) return;
    this.loaded = undefined;
    const { runtime, module } = await loaded;
    runtime.delete();
    module.PThread?.terminateAllThreads();
  }

  private model(handle: number): NativeModel {
    return find(this.models, handle, 'model');
  }

  private tokenizer(handle: number): NativeTokenizer {
    return find(this.tokenizers, handle, 'tokenizer').native;
  }

  private load(): Promise<Loaded> {
    this.loaded ??= instantiate(this.settings.wasm, this.modules).catch((error: unknown) => {
      this.loaded = undefined;
      throw error;
    });
    return this.loaded;
  }

  private sourceContext(module: NativeModule, context: CallContext): SourceContext {
    return {
      settings: this.settings,
      progress: context.progress,
      warn: context.warn,
      createHasher: () => {
        const hasher = new module.Hasher();
        return {
          update: (chunk) => hasher.update(chunk),
          digest: () => withNative(hasher, (native) => native.digest()),
        };
      },
    };
  }
}

function find<T>(objects: Map<number, T>, handle: number, what: string): T {
  const object = objects.get(handle);
  if (!object) throw new VerdictError('invalid_argument', `The ${what} was disposed of.`);
  return object;
}
