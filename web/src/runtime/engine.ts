import { checkKinds } from '../check.js';
import { engineSettings, type EngineSettings } from '../env.js';
import { VerdictError } from '../errors.js';
import { CONFIG, OTHER_WEIGHTS, WEIGHT_FORMATS } from '../file_names.js';
import { readAll, readPart, type ByteFile, type FileSource } from '../hub/byte_file.js';
import { Sources, type SourceContext } from '../hub/sources.js';
import type { RawTensor } from '../tensor.js';
import type {
  ConfigJson,
  HubOptions,
  LoadReport,
  ModelSource,
  ProgressCallback,
} from '../types.js';
import type {
  ModuleOptions,
  NativeLoader,
  NativeModel,
  NativeModule,
  NativePipeline,
  NativeRuntime,
  NativeTokenizer,
} from './module.js';
import {
  buildInfo,
  pullTensors,
  pushTensors,
  unwrap,
  withNative,
  type BuildInfo,
} from './native.js';
import { isNode } from './platform.js';
import { importVariant, type StaticModules } from './variants.js';

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

interface Loaded {
  module: NativeModule;
  runtime: NativeRuntime;
  info: BuildInfo;
  threads: number;
}

/** A part of a file that holds tensors. */
interface Read {
  read: number;
  /** The first of its tensors. */
  tensor: number;
  file: number;
  begin: number;
  end: number;
}

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
    const file = direct ?? (await require(files as FileSource, CONFIG));
    return unwrap(
      module.parse_config(await text(file), file.name, JSON.stringify(kwargs), files?.name ?? ''),
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
      for (const name of names) contents[name] = await readAll(await require(files, name));
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
      : await text(await require(files as FileSource, CONFIG));

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
      const commit = (read: number): unknown => unwrap(loader.commit(read));
      if (options.state_dict) {
        const tensors = Object.entries(options.state_dict);
        for (const [name, { dtype: stored, dims }] of tensors) {
          unwrap(loader.add_tensor(name, stored, JSON.stringify(dims)));
        }
        for (const { read, tensor } of planReads(loader)) {
          unwrap(loader.reserve(read));
          loader.buffer().set((tensors[tensor] as [string, RawTensor])[1].bytes);
          commit(read);
        }
      } else if (files) {
        const { weights, is_pytorch } = await openWeights(files, module);
        for (const file of weights) await openInLoader(loader, file, is_pytorch);
        const reads = planReads(loader);
        for (const [i, file] of weights.entries()) {
          const own = reads.filter((read) => read.file === i);
          await streamReads(file, own, {
            begin: (read) => unwrap(loader.reserve(read)),
            // Memory may grow between two chunks, so the view is taken anew.
            write: (chunk, at) => loader.buffer().set(chunk, at),
            commit,
          });
        }
      }
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
    this.loaded ??= this.instantiate().catch((error: unknown) => {
      this.loaded = undefined;
      throw error;
    });
    return this.loaded;
  }

  private async instantiate(): Promise<Loaded> {
    const { wasm } = this.settings;
    const wanted = wasm.threads === 'auto' ? await defaultThreads() : wasm.threads;
    checkKinds({ 'env.wasm.threads': wanted }, { 'env.wasm.threads': { least: 1 } });
    if (wasm.module && !wasm.variant) {
      throw new VerdictError(
        'invalid_argument',
        'env.wasm.module needs env.wasm.variant: the variant that the module was built as.',
      );
    }
    const { variant, create } = await importVariant(wanted > 1, wasm.variant, this.modules);
    const threads = variant.endsWith('-threads') ? wanted : 1;
    const module = await create({
      pthreadPoolSize: threads - 1,
      ...(wasm.path && { locateFile: (file: string) => wasm.path + file }),
      ...(wasm.module && { instantiateWasm: instantiator(wasm.module) }),
    }).catch((cause: unknown) => {
      throw cause instanceof RangeError
        ? new VerdictError('out_of_memory', 'There is not enough memory for WebAssembly.', {
            cause,
          })
        : new VerdictError(
            'network',
            `The WebAssembly module cannot be loaded: ${String(cause)}.`,
            {
              cause,
            },
          );
    });
    const runtime = new module.Runtime();
    unwrap(runtime.open(threads));
    return { module, runtime, info: buildInfo(module), threads };
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

/** Half of the cores, at most four. */
async function defaultThreads(): Promise<number> {
  const cores = isNode
    ? (await import('#node-files')).coreCount()
    : (globalThis.navigator?.hardwareConcurrency ?? 1);
  return Math.min(4, Math.max(1, cores >> 1));
}

/** Instantiates a module that is compiled already. */
function instantiator(module: object): NonNullable<ModuleOptions['instantiateWasm']> {
  if (!(module instanceof WebAssembly.Module)) {
    throw new VerdictError('invalid_argument', 'env.wasm.module is no WebAssembly.Module.');
  }
  return (imports, receive) => {
    const instance = new WebAssembly.Instance(module, imports as WebAssembly.Imports);
    receive(instance, module);
    return instance.exports;
  };
}

function find<T>(objects: Map<number, T>, handle: number, what: string): T {
  const object = objects.get(handle);
  if (!object) throw new VerdictError('invalid_argument', `The ${what} was disposed of.`);
  return object;
}

async function text(file: ByteFile): Promise<string> {
  return new TextDecoder().decode(await readAll(file));
}

async function require(files: FileSource, name: string): Promise<ByteFile> {
  const file = await files.open(name);
  if (file) return file;
  throw new VerdictError('not_found', `"${files.name}" has no file "${name}"${files.restriction}.`);
}

/** The weights file, or the shards. */
async function openWeights(
  files: FileSource,
  module: NativeModule,
): Promise<{ weights: ByteFile[]; is_pytorch: boolean }> {
  for (const { weights, index, is_pytorch } of WEIGHT_FORMATS) {
    const single = await files.open(weights);
    if (single) return { weights: [single], is_pytorch };
    const list = await files.open(index);
    if (!list) continue;
    const opened: ByteFile[] = [];
    for (const shard of unwrap<string[]>(module.list_shards(await text(list), list.name))) {
      opened.push(await require(files, shard));
    }
    return { weights: opened, is_pytorch };
  }
  for (const other of OTHER_WEIGHTS) {
    if (await files.open(other)) {
      throw new VerdictError(
        'unsupported',
        `"${files.name}" holds ${other}, which is not read here. Save the model as safetensors first.`,
      );
    }
  }
  const names = WEIGHT_FORMATS.map(({ weights }) => weights).join(', ');
  throw new VerdictError(
    'not_found',
    `"${files.name}" has no weights: expected ${names} or the index of one${files.restriction}.`,
  );
}

/** Opens a weights file by the parts that the loader asks for. */
async function openInLoader(loader: NativeLoader, file: ByteFile, pytorch: boolean): Promise<void> {
  for (;;) {
    const missing = unwrap<[number, number] | null>(
      loader.open_file(file.size, file.name, pytorch),
    );
    if (!missing) return;
    loader.add_part(missing[0], await readPart(file, ...missing));
  }
}

function planReads(loader: NativeLoader): Read[] {
  const numbers = unwrap<number[]>(loader.plan());
  const reads: Read[] = [];
  for (let i = 0; i < numbers.length; i += 4) {
    const [tensor = 0, file = 0, begin = 0, end = 0] = numbers.slice(i, i + 4);
    reads.push({ read: i / 4, tensor, file, begin, end });
  }
  return reads;
}

interface ReadSink {
  begin(read: number): void;
  write(chunk: Uint8Array, at: number): void;
  commit(read: number): void;
}

/** Reads the wanted parts of a file in one pass, piece by piece. */
async function streamReads(file: ByteFile, reads: readonly Read[], sink: ReadSink): Promise<void> {
  const ordered = [...reads].sort((a, b) => a.begin - b.begin);
  const first = ordered[0];
  const last = ordered[ordered.length - 1];
  if (!first || !last) return;
  let next = 0;
  let open = false;
  let at = first.begin;
  /** Handles parts that begin at `at` and end there, too: tensors of no elements. */
  const settle = (): void => {
    for (;;) {
      const read = ordered[next];
      if (!read || read.begin > at) return;
      if (!open) sink.begin(read.read);
      open = at < read.end;
      if (open) return;
      sink.commit(read.read);
      ++next;
    }
  };
  settle();
  for await (const chunk of file.stream(first.begin, last.end)) {
    for (let used = 0; used < chunk.length;) {
      const read = ordered[next] as Read;
      const stop = open ? read.end : read.begin;
      const size = Math.min(stop - at, chunk.length - used);
      if (open) sink.write(chunk.subarray(used, used + size), at - read.begin);
      used += size;
      at += size;
      settle();
    }
  }
}
