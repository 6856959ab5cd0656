import { VerdictError } from '../errors.js';
import { host } from '../runtime/host.js';
import type { ConfigJson, HubOptions, ModelSource } from '../types.js';
import { splitOptions } from './options.js';

/** A model's configuration: the content of `config.json`, completed with its type's defaults. */
export class PretrainedConfig {
  constructor(private readonly json: ConfigJson) {}

  get model_type(): string {
    return this.json.model_type;
  }
  get id2label(): Record<string, string> {
    return this.json['id2label'] as Record<string, string>;
  }
  get label2id(): Record<string, number> {
    return this.json['label2id'] as Record<string, number>;
  }
  get num_labels(): number {
    return Object.keys(this.id2label).length;
  }
  get problem_type(): string | null {
    return (this.json['problem_type'] as string | null | undefined) ?? null;
  }

  /** An attribute under the reference's name. */
  get(attribute: string): unknown {
    return this.json[attribute];
  }

  toJSON(): ConfigJson {
    return this.json;
  }
}

/** Reads configurations (transformers' `AutoConfig`). */
export class AutoConfig {
  constructor() {
    throw new VerdictError(
      'invalid_argument',
      'AutoConfig cannot be constructed; use AutoConfig.from_pretrained(name_or_path).',
    );
  }

  /**
   * A folder (Node), a URL, a name, files, or the path or URL of a JSON file. Other options are
   * attributes that override the file's.
   */
  static async from_pretrained(
    source: ModelSource,
    options: HubOptions & Record<string, unknown> = {},
  ): Promise<PretrainedConfig> {
    const { hub, kwargs } = splitOptions(options, []);
    const progress = options.progress_callback;
    return new PretrainedConfig(await host.call('parseConfig', [source, hub, kwargs], progress));
  }
}
