import { checkKinds, checkOptions, checkText } from '../check.js';
import { VerdictError } from '../errors.js';
import { dispose, Handle, host } from '../runtime/host.js';
import type { EncodedRows, SpecialTokenRole, TokenizerInfo } from '../runtime/engine.js';
import { Tensor } from '../tensor.js';
import type { Encoding, HubOptions, ModelSource, TokenizeOptions } from '../types.js';
import { callable } from './callable.js';
import { HUB_OPTIONS, splitOptions } from './options.js';

const OPTIONS = [
  'text_pair',
  'add_special_tokens',
  'padding',
  'truncation',
  'max_length',
  'stride',
  'pad_to_multiple_of',
  'return_overflowing_tokens',
  'return_offsets_mapping',
  'offset_unit',
] as const;

const KINDS = {
  add_special_tokens: 'boolean',
  padding: { values: [true, false, 'longest', 'max_length', 'do_not_pad'] },
  truncation: {
    values: [true, false, 'longest_first', 'only_first', 'only_second', 'do_not_truncate'],
  },
  max_length: { least: 1 },
  stride: { least: 0 },
  pad_to_multiple_of: { least: 1 },
  return_overflowing_tokens: 'boolean',
  return_offsets_mapping: 'boolean',
  offset_unit: { values: ['utf-16', 'code point'] },
} as const;

/** A tokenized batch: int64 tensors [batch, width], the arguments of a model's call. */
export interface BatchEncoding {
  input_ids: Tensor;
  attention_mask: Tensor;
  /** Where the tokenizer's models take them. */
  token_type_ids?: Tensor;
  /** The text of each row, with `return_overflowing_tokens`. */
  overflow_to_sample_mapping?: number[];
}

export type TokenIds = readonly number[] | Int32Array;

export interface DecodeOptions {
  skip_special_tokens?: boolean;
}

/** One text or several, as a list. */
function textList(text: unknown, what: string): string[] {
  const list: unknown[] = Array.isArray(text) ? text : [text];
  return list.map((item, i) => checkText(item, `${what} ${i + 1}`));
}

/** The members of a tokenizer. */
export class LoadedTokenizer {
  /** @internal */
  readonly handle: Handle;

  /** @internal */
  constructor(private readonly info: TokenizerInfo) {
    this.handle = new Handle(info.handle, 'tokenizer');
  }

  /** Name of the reference's class; empty when the files do not say. */
  get tokenizer_class(): string {
    return this.info.tokenizer_class;
  }
  get vocab_size(): number {
    return this.info.vocab_size;
  }
  /** The longest input in tokens; null: no limit. */
  get model_max_length(): number | null {
    return this.info.model_max_length;
  }
  /** The arguments that its models take. */
  get model_input_names(): readonly string[] {
    return this.info.model_input_names;
  }
  get padding_side(): 'right' | 'left' {
    return this.info.padding_side;
  }
  get truncation_side(): 'right' | 'left' {
    return this.info.truncation_side;
  }
  get bos_token(): string | null {
    return this.special('bos')[0];
  }
  get bos_token_id(): number | null {
    return this.special('bos')[1];
  }
  get eos_token(): string | null {
    return this.special('eos')[0];
  }
  get eos_token_id(): number | null {
    return this.special('eos')[1];
  }
  get unk_token(): string | null {
    return this.special('unk')[0];
  }
  get unk_token_id(): number | null {
    return this.special('unk')[1];
  }
  get sep_token(): string | null {
    return this.special('sep')[0];
  }
  get sep_token_id(): number | null {
    return this.special('sep')[1];
  }
  get pad_token(): string | null {
    return this.special('pad')[0];
  }
  get pad_token_id(): number | null {
    return this.special('pad')[1];
  }
  get cls_token(): string | null {
    return this.special('cls')[0];
  }
  get cls_token_id(): number | null {
    return this.special('cls')[1];
  }
  get mask_token(): string | null {
    return this.special('mask')[0];
  }
  get mask_token_id(): number | null {
    return this.special('mask')[1];
  }
  /** Tokens with a role, then those without one. */
  get all_special_tokens(): readonly string[] {
    return this.info.all_special_tokens;
  }

  private special(role: SpecialTokenRole): [string | null, number | null] {
    return this.info.special_tokens[`${role}_token`] ?? [null, null];
  }

  /** Tokenizes texts into one record each, with word numbers and, when asked for, offsets. */
  async encode_batch(
    text: string | readonly string[],
    options: TokenizeOptions = {},
  ): Promise<Encoding[]> {
    const { sizes, samples, tokens } = await this.encodeRows(text, options);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    let first = 0;
    return sizes.map((size, i) => {
      const part = (field: number) =>
        new Int32Array(tokens.buffer, 4 * (field * total + first), size);
      const row: Encoding = {
        input_ids: part(0),
        token_type_ids: part(1),
        attention_mask: part(2),
        special_tokens_mask: part(3),
        word_ids: part(4),
      };
      if (options.return_offsets_mapping) {
        row.offset_mapping = new Int32Array(tokens.buffer, 4 * (5 * total + 2 * first), 2 * size);
      }
      if (options.return_overflowing_tokens) row.overflow_to_sample_mapping = samples[i] as number;
      first += size;
      return row;
    });
  }

  /** @internal */
  async encodeRows(
    text: string | readonly string[],
    options: TokenizeOptions = {},
  ): Promise<EncodedRows> {
    checkOptions(options, OPTIONS, 'The tokenizer');
    checkKinds(options, KINDS);
    const { text_pair, padding, truncation, ...rest } = options;
    const texts = textList(text, 'Text');
    const pairs = text_pair === undefined ? null : textList(text_pair, 'text_pair');
    if (pairs && pairs.length !== texts.length) {
      throw new VerdictError(
        'invalid_argument',
        `There are ${texts.length} texts but ${pairs.length} in text_pair.`,
      );
    }
    const native: Record<string, unknown> = { ...rest, pairs: pairs !== null };
    if (truncation) native['truncation'] = truncation === true ? 'longest_first' : truncation;
    if (padding && padding !== 'do_not_pad') {
      native['padding'] = padding === true ? 'longest' : padding;
    }
    const inputs = pairs ? texts.flatMap((t, i) => [t, pairs[i] as string]) : texts;
    return host.call('encode', [this.handle.id, inputs, native]);
  }

  /** The ids of one text, with its special tokens. */
  async encode(text: string, options: TokenizeOptions = {}): Promise<number[]> {
    return Array.from((await this.encode_batch(text, options))[0]?.input_ids ?? []);
  }

  /** The text of ids. */
  async decode(ids: TokenIds, options: DecodeOptions = {}): Promise<string> {
    checkOptions(options, ['skip_special_tokens'], 'decode');
    checkKinds(options, { skip_special_tokens: 'boolean' });
    const list = idList(ids);
    return host.call('decode', [this.handle.id, list, options.skip_special_tokens ?? false]);
  }

  /** The texts of rows of ids. */
  async batch_decode(rows: readonly TokenIds[], options?: DecodeOptions): Promise<string[]> {
    return Promise.all(
      checkList(rows, 'rows of token ids').map((ids) => this.decode(ids, options)),
    );
  }

  async convert_ids_to_tokens(ids: TokenIds): Promise<string[]> {
    return host.call('tokens', [this.handle.id, idList(ids)]);
  }

  /** An unknown token has the id of `unk_token`; null where there is none. */
  convert_tokens_to_ids(tokens: string): Promise<number | null>;
  convert_tokens_to_ids(tokens: readonly string[]): Promise<(number | null)[]>;
  async convert_tokens_to_ids(
    tokens: string | readonly string[],
  ): Promise<number | null | (number | null)[]> {
    const ids = await host.call('ids', [this.handle.id, textList(tokens, 'Token')]);
    return Array.isArray(tokens) ? ids : (ids[0] ?? null);
  }

  /** The files that it was loaded from, so that they make the same tokenizer again. */
  save_pretrained(): Promise<Record<string, Uint8Array>>;
  /** Node: writes them into a folder. */
  save_pretrained(folder: string): Promise<void>;
  async save_pretrained(folder?: string): Promise<Record<string, Uint8Array> | void> {
    const files = await host.call('tokenizerFiles', [this.handle.id]);
    if (folder === undefined) return files;
    const { saveFile } = await import('#node-files');
    for (const [name, bytes] of Object.entries(files)) await saveFile(folder, name, [bytes]);
  }

  /** Gives its memory back. */
  dispose(): Promise<void> {
    return dispose([this.handle]);
  }
}

function checkList<T>(list: readonly T[], what: string): readonly T[] {
  if (Array.isArray(list)) return list as readonly T[];
  throw new VerdictError('invalid_argument', `A list of ${what} was expected.`);
}

function idList(ids: TokenIds): readonly number[] {
  const list = checkList(ids instanceof Int32Array ? Array.from(ids) : ids, 'token ids');
  for (const id of list) checkKinds({ id }, { id: { least: 0 } });
  return list;
}

/** Text to token ids and back (transformers' `PreTrainedTokenizer`). Call it like a function. */
export interface PreTrainedTokenizer extends LoadedTokenizer {
  /**
   * Tokenizes a text or several into tensors. Texts of different lengths need `padding`; a text that
   * is longer than `max_length` is cut only with `truncation`.
   */
  (text: string | readonly string[], options?: TokenizeOptions): Promise<BatchEncoding>;
}

async function tokenize(
  tokenizer: LoadedTokenizer,
  text: string | readonly string[],
  options?: TokenizeOptions,
): Promise<BatchEncoding> {
  const { sizes, samples, tokens } = await tokenizer.encodeRows(text, options);
  const width = sizes[0] ?? 0;
  if (sizes.some((size) => size !== width)) {
    throw new VerdictError(
      'invalid_argument',
      'The texts have different numbers of tokens; pass padding: true to make one tensor of them.',
    );
  }
  const total = sizes.length * width;
  const tensor = (field: number): Tensor =>
    new Tensor(
      'int64',
      BigInt64Array.from(tokens.subarray(field * total, (field + 1) * total), BigInt),
      [sizes.length, width],
    );
  const batch: BatchEncoding = {
    input_ids: tensor(0),
    attention_mask: tensor(2),
  };
  if (tokenizer.model_input_names.includes('token_type_ids')) {
    batch.token_type_ids = tensor(1);
  }
  if (options?.return_overflowing_tokens) batch.overflow_to_sample_mapping = samples;
  return batch;
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
    checkOptions(options, [...HUB_OPTIONS, 'progress_callback'], 'AutoTokenizer.from_pretrained');
    const { hub } = splitOptions({ ...options }, []);
    const info = await host.call('loadTokenizer', [source, hub], options.progress_callback);
    return callable(
      new LoadedTokenizer(info),
      (self, text: string | readonly string[], call_options?: TokenizeOptions) =>
        tokenize(self, text, call_options),
    );
  }
}
