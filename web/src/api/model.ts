import { VerdictError, checkOptions } from '../errors.js';
import { dispose, host, keep } from '../runtime/host.js';
import type { ModelInfo, ParameterInfo } from '../runtime/engine.js';
import { Tensor, asTensor, fromRaw, toRaw, type RawTensor } from '../tensor.js';
import type {
  ConfigJson,
  LoadReport,
  ModelInputs,
  ModelSource,
  PretrainedModelOptions,
} from '../types.js';
import { env } from '../env.js';
import { PretrainedConfig } from './config.js';
import { splitOptions } from './options.js';
import { safetensors } from './safetensors.js';

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
  'model_args',
  'seed',
] as const;

const FORWARD_OPTIONS = ['output_attentions', 'output_hidden_states'] as const;

/** A sequence classifier in the engine's memory. */
export class SequenceClassificationModel {
  readonly config: PretrainedConfig;
  /** Whether dropout is active in `forward`. */
  training = false;

  /** @internal */
  constructor(readonly info: ModelInfo) {
    this.config = new PretrainedConfig(info.config);
    keep(info.handle);
  }

  /** Name of the reference's class, for example `BertForSequenceClassification`. */
  get class_name(): string {
    return this.info.class_name;
  }
  get dtype(): string {
    return this.info.dtype;
  }
  /** What `from_pretrained` found. */
  get load_report(): LoadReport {
    return this.info.load_report;
  }

  /** Runs a padded batch; tokens whose mask is 0 are not computed. */
  async forward(inputs: ModelInputs): Promise<SequenceClassifierOutput> {
    checkOptions(
      inputs,
      [...this.info.arguments, 'attention_mask', 'labels', ...FORWARD_OPTIONS],
      this.class_name,
    );
    const tensors: Record<string, RawTensor> = {};
    const options: { output_attentions?: boolean; output_hidden_states?: boolean } = {};
    for (const [name, value] of Object.entries(inputs) as [keyof ModelInputs, unknown][]) {
      if (value === undefined || value === null) continue;
      if (name === 'output_attentions' || name === 'output_hidden_states') {
        options[name] = value === true;
      } else {
        tensors[name] = toRaw(asTensor(value, name));
      }
    }
    const result = await host.call('forward', [this.info.handle, tensors, options]);
    const group = (name: string): Tensor[] | null => {
      const list: Tensor[] = [];
      for (let i = 0; ; ++i) {
        const raw = result.tensors[`${name}.${i}`];
        if (!raw) return list.length > 0 ? list : null;
        list.push(fromRaw(raw));
      }
    };
    return {
      loss: result.loss,
      logits: fromRaw(result.tensors['logits'] as RawTensor),
      hidden_states: group('hidden_states'),
      attentions: group('attentions'),
    };
  }

  /** Evaluation mode, the state after `from_pretrained`. */
  eval(): Promise<this> {
    return this.train(false);
  }

  /** Training mode: dropout is active in `forward`. */
  async train(mode = true): Promise<this> {
    this.training = await host.call('train', [this.info.handle, mode]);
    return this;
  }

  named_parameters(): Promise<ParameterInfo[]> {
    return host.call('namedParameters', [this.info.handle]);
  }

  /** One parameter, float32. */
  async parameter(name: string): Promise<Tensor> {
    return fromRaw(await host.call('parameter', [this.info.handle, name]));
  }

  /** All parameters by name, float32. */
  async state_dict(): Promise<Record<string, Tensor>> {
    const out: Record<string, Tensor> = {};
    for (const { name } of await this.named_parameters()) out[name] = await this.parameter(name);
    return out;
  }

  /**
   * The files `config.json` and `model.safetensors`, which the reference loads too. In Node they are
   * also written into `folder`, when one is given.
   */
  async save_pretrained(folder?: string): Promise<Record<string, Uint8Array>> {
    const tensors = Object.entries(await this.state_dict());
    const files = {
      'config.json': new TextEncoder().encode(await host.call('configText', [this.info.handle])),
      'model.safetensors': safetensors(tensors.map(([name, tensor]) => [name, toRaw(tensor)])),
    };
    if (folder !== undefined) {
      const { mkdir, rename, writeFile } = await import('node:fs/promises');
      await mkdir(folder, { recursive: true });
      for (const [name, bytes] of Object.entries(files)) {
        await writeFile(`${folder}/${name}.tmp`, bytes);
        await rename(`${folder}/${name}.tmp`, `${folder}/${name}`);
      }
    }
    return files;
  }

  /** Work of all calls so far, as the kernels counted it. */
  counters(): Promise<Record<string, number>> {
    return host.call('counters', [this.info.handle]);
  }

  /** Gives the model's memory back. */
  dispose(): Promise<void> {
    return dispose([this.info.handle]);
  }
}

function check(options: PretrainedModelOptions): void {
  if (options.model_args && options.model_args.length > 0) {
    throw new VerdictError(
      'invalid_argument',
      'No model class takes positional model_args. Pass config attributes by name.',
    );
  }
  if (options.from_tf) {
    throw new VerdictError(
      'unsupported',
      'from_tf is not supported by this version. Save the model as safetensors first.',
    );
  }
  const device: string = options.device ?? 'cpu';
  if (device !== 'cpu' && device !== 'wasm') {
    throw new VerdictError('unsupported', `The device "${device}" is not supported; use "cpu".`);
  }
}

async function load(
  source: ModelSource | null,
  options: PretrainedModelOptions,
  config: ConfigJson | null,
): Promise<SequenceClassificationModel> {
  check(options);
  const { hub, kwargs } = splitOptions(options, OWN_OPTIONS);
  const state_dict = options.state_dict
    ? Object.fromEntries(Object.entries(options.state_dict).map(([name, t]) => [name, toRaw(t)]))
    : null;
  const info = await host.call(
    'loadModel',
    [
      source,
      {
        ...hub,
        kwargs,
        config,
        state_dict,
        dtype: options.dtype ?? 'f32',
        ignore_mismatched_sizes: options.ignore_mismatched_sizes ?? false,
        seed: options.seed ?? 0,
      },
    ],
    options.progress_callback,
  );
  if (source !== null && info.warning) env.warn(info.warning);
  return new SequenceClassificationModel(info);
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

  /** Loads weights and switches to evaluation mode. Weights stream into memory tensor by tensor. */
  static from_pretrained(
    source: ModelSource,
    options: PretrainedModelOptions = {},
  ): Promise<SequenceClassificationModel> {
    return load(source, options, options.config?.toJSON() ?? null);
  }

  /** A model with freshly initialised weights. */
  static from_config(
    config: PretrainedConfig | ConfigJson,
    options: PretrainedModelOptions = {},
  ): Promise<SequenceClassificationModel> {
    return load(null, options, config instanceof PretrainedConfig ? config.toJSON() : config);
  }
}

/** The functions of the Auto class for one model type. */
export interface ConcreteModelClass {
  from_pretrained(
    source: ModelSource,
    options?: PretrainedModelOptions,
  ): Promise<SequenceClassificationModel>;
  from_config(
    config: PretrainedConfig | ConfigJson,
    options?: PretrainedModelOptions,
  ): Promise<SequenceClassificationModel>;
}

/** @internal */
export function concreteClass(model_type: string, class_name: string): ConcreteModelClass {
  const require = async (
    loading: Promise<SequenceClassificationModel>,
  ): Promise<SequenceClassificationModel> => {
    const model = await loading;
    const actual = model.config.model_type;
    if (actual === model_type) return model;
    await model.dispose();
    throw new VerdictError(
      'invalid_argument',
      `The model's type is "${actual}", but ${class_name} takes "${model_type}". ` +
        `Use ${model.class_name} or AutoModelForSequenceClassification.`,
    );
  };
  return {
    from_pretrained: (source, options) =>
      require(AutoModelForSequenceClassification.from_pretrained(source, options)),
    from_config: (config, options) =>
      require(AutoModelForSequenceClassification.from_config(config, options)),
  };
}
