import { VerdictError, checkOptions } from '../errors.js';
import { dispose, host, keep } from '../runtime/host.js';
import type { TextPair, TokenizerInfo } from '../runtime/engine.js';
import { checkText } from '../runtime/native.js';
import { Tensor } from '../tensor.js';
import type { EncodingJson, HubOptions, ModelSource, TokenizeOptions } from '../types.js';

const OPTIONS = [
  'text_pair',
  'add_special_tokens',
  'padding',
  'truncation',
  'max_length',
  'pad_to_multiple_of',
  'return_offsets_mapping',
] as const;

/** A tokenized batch: int64 tensors [batch, width]. */
export interface BatchEncoding {
  input_ids: Tensor;
  attention_mask: Tensor;
  token_type_ids: Tensor;
}

/** Text to token ids and back (transformers' `PreTrainedTokenizer`). */
export class PreTrainedTokenizer {
  /** @internal */
  constructor(readonly info: TokenizerInfo) {
    keep(info.handle);
  }

  /** The longest input in tokens; null: no limit. */
  get model_max_length(): number | null {
    return this.info.model_max_length;
  }

  /**
   * Tokenizes a text or several into tensors. Texts of different lengths need `padding`; a text that
   * is longer than `max_length` is cut only with `truncation`.
   */
  async call(
    text: string | readonly string[],
    options: TokenizeOptions = {},
  ): Promise<BatchEncoding> {
    const rows = await this.encode_batch(text, options);
    const width = rows[0]?.input_ids.length ?? 0;
    if (rows.some((row) => row.input_ids.length !== width)) {
      throw new VerdictError(
        'invalid_argument',
        'The texts have different numbers of tokens; pass padding: true to make one tensor of them.',
      );
    }
    const tensor = (field: 'input_ids' | 'attention_mask' | 'token_type_ids'): Tensor =>
      new Tensor('int64', BigInt64Array.from(rows.flatMap((row) => row[field].map(BigInt))), [
        rows.length,
        width,
      ]);
    return {
      input_ids: tensor('input_ids'),
      attention_mask: tensor('attention_mask'),
      token_type_ids: tensor('token_type_ids'),
    };
  }

  /** Tokenizes texts into one record each, with offsets and word numbers. */
  async encode_batch(
    text: string | readonly string[],
    options: TokenizeOptions = {},
  ): Promise<EncodingJson[]> {
    checkOptions(options, OPTIONS, 'The tokenizer');
    const { text_pair, padding, truncation, ...rest } = options;
    const texts = typeof text === 'string' ? [text] : text;
    const pairs = typeof text_pair === 'string' ? [text_pair] : text_pair;
    if (pairs && pairs.length !== texts.length) {
      throw new VerdictError(
        'invalid_argument',
        `There are ${texts.length} texts but ${pairs.length} in text_pair.`,
      );
    }
    const inputs = texts.map((t, i): TextPair => [
      checkText(t, `Text ${i + 1}`),
      pairs ? checkText(pairs[i], `text_pair ${i + 1}`) : null,
    ]);
    const native: Record<string, unknown> = { ...rest };
    if (truncation === true) native['truncation'] = 'longest_first';
    else if (truncation) native['truncation'] = truncation;
    if (padding) native['padding'] = padding === 'max_length' ? 'max_length' : 'longest';
    const needs_length = 'truncation' in native || native['padding'] === 'max_length';
    if (needs_length && rest.max_length === undefined) {
      if (this.info.model_max_length === null) {
        throw new VerdictError(
          'invalid_argument',
          'The tokenizer has no maximum length of its own; pass max_length.',
        );
      }
      native['max_length'] = this.info.model_max_length;
    }
    return host.call('encode', [this.info.handle, inputs, native]);
  }

  /** The ids of one text, with its special tokens. */
  async encode(text: string, options: TokenizeOptions = {}): Promise<number[]> {
    return (await this.encode_batch(text, options))[0]?.input_ids ?? [];
  }

  /** The text of ids. */
  decode(ids: readonly number[], options: { skip_special_tokens?: boolean } = {}): Promise<string> {
    checkOptions(options, ['skip_special_tokens'], 'decode');
    return host.call('decode', [this.info.handle, ids, options.skip_special_tokens ?? false]);
  }

  convert_ids_to_tokens(ids: readonly number[]): Promise<string[]> {
    return host.call('tokens', [this.info.handle, ids]);
  }

  dispose(): Promise<void> {
    return dispose([this.info.handle]);
  }
}

/** Loads tokenizers (transformers' `AutoTokenizer`). */
export class AutoTokenizer {
  constructor() {
    throw new VerdictError(
      'invalid_argument',
      'AutoTokenizer cannot be constructed; use AutoTokenizer.from_pretrained(name_or_path).',
    );
  }

  /** `tokenizer.json`, or the legacy files of a class, from a name, URL, path or files. */
  static async from_pretrained(
    source: ModelSource,
    options: HubOptions = {},
  ): Promise<PreTrainedTokenizer> {
    const { progress_callback, ...hub } = options;
    return new PreTrainedTokenizer(
      await host.call('loadTokenizer', [source, hub], progress_callback),
    );
  }
}
