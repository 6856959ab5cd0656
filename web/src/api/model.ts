import { checkKinds, checkOptions } from '../check.js';
import { env } from '../env.js';
import { VerdictError } from '../errors.js';
import { CONFIG, SAFETENSORS } from '../file_names.js';
import { dispose, Handle, host } from '../runtime/host.js';
import { isNode } from '../runtime/platform.js';
import type { ModelInfo, ParameterInfo } from '../runtime/engine.js';
import { Tensor, asTensor, fromRaw, toRaw, type RawTensor } from '../tensor.js';
import type {
  ConfigJson,
  LoadReport,
  ModelInputs,
  ModelSource,
  PretrainedModelOptions,
} from '../types.js';
import { callable } from './callable.js';
import { PretrainedConfig } from './config.js';
import { splitOptions } from './options.js';
import { safetensorsHeader } from './safetensors.js';

/** What a model's call gives back (transformers' `SequenceClassifierOutput`). */
export interface SequenceClassifierOutput {
  /** Mean over the batch, when `labels` were given. */
  loss: number | null;
  /** float32 [batch, num_labels]. */
  logits: Tensor;
  /** float32 [batch, width, hidden_size], one more than layers; when asked for. */
  hidden_states: Tensor[] | null;
  /** float32 [batch, heads, width, width], one a layer; when asked for. */
  attentions: Tensor[] | null;
}

const OWN_OPTIONS = [
  'config',
  'state_dict',
  'dtype',
  'device',
  'ignore_mismatched_sizes',
  'output_loading_info',
  'from_tf',
  'from_flax',
  'model_args',
  'seed',
] as const;

const KINDS = {
  dtype: 'string',
  ignore_mismatched_sizes: 'boolean',
  output_loading_info: 'boolean',
  from_tf: 'boolean',
  from_flax: 'boolean',
  seed: { least: 0 },
} as const;

const FORWARD_KINDS = { output_attentions: 'boolean', output_hidden_states: 'boolean' } as const;

/** The members of a sequence classifier. */
export class LoadedModel {
  readonly config: PretrainedConfig;
  /** Whether dropout is active in `forward`. */
  training = false;

  /** @internal */
  readonly handle: Handle;
  private warned = false;

  /** @internal */
  constructor(private readonly info: ModelInfo) {
    this.config = new PretrainedConfig(info.config);
    this.handle = new Handle(info.handle, 'model');
  }

  /** Name of the reference's class, for example `BertForSequenceClassification`. */
  get class_name(): string {
    return this.info.class_name;
  }
  get dtype(): string {
    return this.info.dtype;
  }
  /** What computes it, for example `XNNPACK, 2 threads`. */
  get backend(): string {
    return this.info.backend;
  }
  /** What `from_pretrained` found. */
  get load_report(): LoadReport {
    return this.info.load_report;
  }

  /** Runs a padded batch; tokens whose mask is 0 are not computed. */
  async forward(inputs: ModelInputs): Promise<SequenceClassifierOutput> {
    checkOptions(
      inputs,
      [...this.info.arguments, 'attention_mask', 'labels', ...Object.keys(FORWARD_KINDS)],
      this.class_name,
    );
    checkKinds(inputs, FORWARD_KINDS);
    const { output_attentions, output_hidden_states, ...rest } = inputs;
    const options = {
      ...(output_attentions !== undefined && { output_attentions }),
      ...(output_hidden_states !== undefined && { output_hidden_states }),
    };
    const tensors: Record<string, RawTensor> = {};
    for (const [name, value] of Object.entries(rest)) {
      if (value !== undefined) tensors[name] = toRaw(asTensor(value, name));
    }
    const result = await host.call('forward', [this.handle.id, tensors, options]);
    const group = (name: string): Tensor[] | null => {
      const list: Tensor[] = [];
      for (let i = 0; ; ++i) {
        const raw = result.tensors[`${name}.${i}`];
        if (!raw) return list.length > 0 ? list : null;
        list.push(fromRaw(raw));
      }
    };
    const logits = fromRaw(result.tensors['logits'] as RawTensor);
    this.checkFinite(logits.data as Float32Array);
    return {
      loss: result.loss,
      logits,
      hidden_states: group('hidden_states'),
      attentions: group('attentions'),
    };
  }

  /** @internal Warns once about numbers that are not finite. */
  checkFinite(numbers: ArrayLike<number>): void {
    if (this.warned || Array.prototype.every.call(numbers, Number.isFinite)) return;
    this.warned = true;
    env.warn(`The model ${this.class_name} gives NaN or infinity.`);
  }

  /** Evaluation mode, the state after `from_pretrained`. */
  eval(): Promise<this> {
    return this.train(false);
  }

  /** Training mode: dropout is active in `forward`. */
  async train(mode = true): Promise<this> {
    this.training = await host.call('train', [this.handle.id, mode]);
    return this;
  }

  named_parameters(): Promise<ParameterInfo[]> {
    return host.call('namedParameters', [this.handle.id]);
  }

  /** One parameter, float32. */
  async parameter(name: string): Promise<Tensor> {
    return fromRaw(await host.call('parameter', [this.handle.id, name]));
  }

  /** All parameters by name, float32. */
  async state_dict(): Promise<Record<string, Tensor>> {
    const out: Record<string, Tensor> = {};
    for (const { name } of await this.named_parameters()) out[name] = await this.parameter(name);
    return out;
  }

  /** The files `config.json` and `model.safetensors`, which the reference loads too. */
  save_pretrained(): Promise<Record<string, Uint8Array>>;
  /** Node: writes them into a folder, tensor by tensor. */
  save_pretrained(folder: string): Promise<void>;
  async save_pretrained(folder?: string): Promise<Record<string, Uint8Array> | void> {
    const config = new TextEncoder().encode(await host.call('configText', [this.handle.id]));
    const { header, size, names } = safetensorsHeader(await this.named_parameters());
    if (folder !== undefined) {
      const { saveFile } = await import('#node-files');
      await saveFile(folder, SAFETENSORS, this.storedTensors(header, names));
      await saveFile(folder, CONFIG, [config]);
      return;
    }
    const weights = new Uint8Array(header.length + size);
    let at = 0;
    for await (const bytes of this.storedTensors(header, names)) {
      weights.set(bytes, at);
      at += bytes.length;
    }
    return { [CONFIG]: config, [SAFETENSORS]: weights };
  }

  private async *storedTensors(
    header: Uint8Array,
    names: readonly string[],
  ): AsyncGenerator<Uint8Array> {
    yield header;
    for (const name of names) yield (await host.call('parameter', [this.handle.id, name])).bytes;
  }

  /** Work of all calls so far, as the kernels counted it. */
  counters(): Promise<Record<string, number>> {
    return host.call('counters', [this.handle.id]);
  }

  /** Gives the model's memory back. */
  dispose(): Promise<void> {
    return dispose([this.handle]);
  }
}

/** A sequence classifier in the engine's memory. Call it like a function: `await model(inputs)`. */
export interface SequenceClassificationModel extends LoadedModel {
  /** The same as `forward`. */
  (inputs: ModelInputs): Promise<SequenceClassifierOutput>;
}

function check(options: PretrainedModelOptions): void {
  checkKinds(options, KINDS);
  if (options.model_args && options.model_args.length > 0) {
    throw new VerdictError(
      'invalid_argument',
      'No model class takes positional model_args. Pass config attributes by name.',
    );
  }
  if (options.from_tf && options.from_flax) {
    throw new VerdictError('invalid_argument', 'from_tf and from_flax exclude each other.');
  }
  const device: string = options.device ?? 'cpu';
  if (device !== 'cpu' && device !== 'wasm') {
    throw new VerdictError('unsupported', `The device "${device}" is not supported; use "cpu".`);
  }
  if (options.config !== undefined && typeof options.config?.toJSON !== 'function') {
    throw new VerdictError(
      'invalid_argument',
      'The option config is no PretrainedConfig; use AutoConfig.from_pretrained.',
    );
  }
}

function rawStateDict(state_dict: Record<string, Tensor>): Record<string, RawTensor> {
  return Object.fromEntries(
    Object.entries(state_dict).map(([name, tensor]) => {
      if (tensor instanceof Tensor) return [name, toRaw(tensor)];
      throw new VerdictError('invalid_argument', `"${name}" of state_dict is no Tensor.`);
    }),
  );
}

/** Weights of TensorFlow or Flax as safetensors: a folder of the cache, which the native converter makes. */
async function convert(source: ModelSource, options: PretrainedModelOptions): Promise<ModelSource> {
  const option = options.from_tf ? 'from_tf' : 'from_flax';
  if (!isNode || typeof source !== 'string') {
    const what = isNode ? 'takes a path on disk' : 'is not possible in a browser';
    throw new VerdictError(
      'unsupported',
      `${option} ${what}. Convert the model with the native program, verdict-convert INPUT ` +
        'OUTPUT_DIR, and load the files of OUTPUT_DIR.',
    );
  }
  const node = await import('#node-files');
  const path = node.toPath(source) + (options.subfolder ? `/${options.subfolder}` : '');
  const config = options.config ? JSON.stringify(options.config.toJSON()) : null;
  return node.convertedFolder(
    { path, option, config, num_labels: options.num_labels },
    options.cache_dir ?? (env.cacheDir || undefined),
  );
}

/** Loads a model of any class, or only of that of the model type `expected`. */
async function load(
  source: ModelSource | null,
  options: PretrainedModelOptions,
  config: ConfigJson | null,
  expected?: string,
): Promise<SequenceClassificationModel> {
  check(options);
  const { hub, kwargs } = splitOptions(options, OWN_OPTIONS);
  if (source !== null && (options.from_tf || options.from_flax) && !options.state_dict) {
    source = await convert(source, options);
    delete hub.subfolder;
  }
  const info = await host.call(
    'loadModel',
    [
      source,
      {
        ...hub,
        kwargs,
        config: config ?? options.config?.toJSON() ?? null,
        state_dict: options.state_dict ? rawStateDict(options.state_dict) : null,
        dtype: options.dtype ?? 'auto',
        ignore_mismatched_sizes: options.ignore_mismatched_sizes ?? false,
        seed: options.seed ?? 0,
        expected: expected ?? null,
      },
    ],
    options.progress_callback,
  );
  if (source !== null && info.warning) env.warn(info.warning);
  return callable(new LoadedModel(info), (self, inputs: ModelInputs) => self.forward(inputs));
}

/** Loads weights and switches to evaluation mode. Weights stream into memory tensor by tensor. */
export interface FromPretrained {
  (
    source: ModelSource,
    options: PretrainedModelOptions & { output_loading_info: true },
  ): Promise<[SequenceClassificationModel, LoadReport]>;
  (
    source: ModelSource,
    options?: PretrainedModelOptions & { output_loading_info?: false },
  ): Promise<SequenceClassificationModel>;
}

/** A model with freshly initialised weights. */
export type FromConfig = (
  config: PretrainedConfig | ConfigJson,
  options?: PretrainedModelOptions,
) => Promise<SequenceClassificationModel>;

/** How models are made; each concrete class has it for one model type. */
export interface ModelFactory {
  readonly from_pretrained: FromPretrained;
  readonly from_config: FromConfig;
}

/** @internal */
export function modelFactory(expected?: string): ModelFactory {
  const from_pretrained = async (
    source: ModelSource,
    options: PretrainedModelOptions = {},
  ): Promise<SequenceClassificationModel | [SequenceClassificationModel, LoadReport]> => {
    const model = await load(source, options, null, expected);
    return options.output_loading_info ? [model, model.load_report] : model;
  };
  return {
    from_pretrained: from_pretrained as FromPretrained,
    from_config: async (config, options = {}) =>
      load(null, options, config instanceof PretrainedConfig ? config.toJSON() : config, expected),
  };
}

/** Chooses the class by `config.model_type` (transformers' `AutoModelForSequenceClassification`). */
export class AutoModelForSequenceClassification {
  constructor() {
    throw new VerdictError(
      'invalid_argument',
      'AutoModelForSequenceClassification cannot be constructed; use ' +
        'AutoModelForSequenceClassification.from_pretrained(name_or_path) or ' +
        'AutoModelForSequenceClassification.from_config(config).',
    );
  }

  static readonly from_pretrained: FromPretrained = modelFactory().from_pretrained;
  static readonly from_config: FromConfig = modelFactory().from_config;
}
