import type { Tensor } from './tensor.js';

/**
 * How the weights are stored and the products computed; the values of `dtype`. `auto`, the default,
 * is q8 for weights that are stored so (docs/q8.md), else f32.
 */
export type DType = 'f32' | 'float32' | 'fp32' | 'q8' | 'int8' | 'bf16' | 'bfloat16' | 'auto';

/** Events of `progress_callback`, in the shapes that transformers.js has. */
export type ProgressEvent =
  | { status: 'initiate' | 'download' | 'done'; name: string; file: string }
  | {
      status: 'progress';
      name: string;
      file: string;
      /** Percent. */
      progress: number;
      /** Bytes. */
      loaded: number;
      total: number;
    }
  | { status: 'ready'; task: string; model: string };

export type ProgressCallback = (event: ProgressEvent) => void;

/** Files of a model that the caller holds, by name (`config.json`, `model.safetensors`, …). */
export type ModelFileMap = Record<string, Uint8Array | Blob>;

/**
 * Where a model lies: a name such as `org/model`, an http(s) URL of its folder, a path (Node), or
 * the files themselves.
 */
export type ModelSource = string | ModelFileMap;

/** Options of everything that loads files. */
export interface HubOptions {
  /** Branch, tag or commit; default `main`. */
  revision?: string;
  /** A folder inside the repository or folder. */
  subfolder?: string;
  /** Sent as a bearer token. */
  token?: string;
  /** Never ask a server. */
  local_files_only?: boolean;
  /** Node: folder of the file cache; default `env.cacheDir`. */
  cache_dir?: string;
  progress_callback?: ProgressCallback;
}

/** Attributes of `config.json`, under the names of the reference. */
export type ConfigJson = { model_type: string } & Record<string, unknown>;

/** Options of `from_pretrained`. Other properties are config attributes that override the config. */
export interface PretrainedModelOptions extends HubOptions {
  /** Instead of the model's own config. */
  config?: { toJSON(): ConfigJson };
  /** Weights instead of the model's own, by their checkpoint names. */
  state_dict?: Record<string, Tensor>;
  dtype?: DType;
  /** `'cpu'` and `'wasm'` mean the same. */
  device?: 'cpu' | 'wasm';
  ignore_mismatched_sizes?: boolean;
  /** Give `[model, load_report]` instead of the model. */
  output_loading_info?: boolean;
  /**
   * Node: weights of TensorFlow in a folder or file on disk, which the native program verdict-convert
   * (VERDICT_CONVERT, beside the package or on the PATH) converts into the cache. In a browser an
   * error that names the command.
   */
  from_tf?: boolean;
  /** The same for weights of Flax. */
  from_flax?: boolean;
  /** No class takes positional arguments, so one is an error. */
  model_args?: readonly unknown[];
  /** Seed of parameters that are freshly initialised. */
  seed?: number;
  num_labels?: number;
  id2label?: Record<string, string>;
  label2id?: Record<string, number>;
  output_attentions?: boolean;
  output_hidden_states?: boolean;
  problem_type?: ProblemType;
  [config_attribute: string]: unknown;
}

export type ProblemType =
  'regression' | 'single_label_classification' | 'multi_label_classification';

/** What `from_pretrained` found in the checkpoint. */
export interface LoadReport {
  /** Parameters that were freshly initialised. */
  missing_keys: string[];
  /** Stored tensors that the model does not have. */
  unexpected_keys: string[];
  mismatched_keys: { name: string; checkpoint_shape: number[]; model_shape: number[] }[];
  /** Parameters that hold NaN or infinity. */
  non_finite_keys: string[];
}

/** A label with its score. */
export interface Classification {
  label: string;
  score: number;
}

/** One text, or a pair for models of sentence pairs. */
export type TextInput = string | { text: string; text_pair?: string };

/** Options of a text-classification pipeline's call. */
export interface ClassifyOptions {
  /** The best k labels; `null`: all of them. Default 1. */
  top_k?: number | null;
  function_to_apply?: 'default' | 'softmax' | 'sigmoid' | 'none';
  /** Texts computed together at most; default: as many as `batch_tokens` allows. */
  batch_size?: number;
  /** Tokens computed together at most; default 4096. */
  batch_tokens?: number;
  /** Cut longer texts; without it a longer text is an error. */
  truncation?: boolean;
  /** Tokens, special ones included; default: the model's maximum. */
  max_length?: number;
}

/** Options of a tokenizer's call. */
export interface TokenizeOptions {
  /** Second texts of pairs. */
  text_pair?: string | readonly string[];
  add_special_tokens?: boolean;
  /** `true`: to the longest of the batch. */
  padding?: boolean | 'longest' | 'max_length' | 'do_not_pad';
  /** `true`: `longest_first`. */
  truncation?: boolean | 'longest_first' | 'only_first' | 'only_second' | 'do_not_truncate';
  max_length?: number;
  /** Tokens that the windows of a truncated text share. */
  stride?: number;
  pad_to_multiple_of?: number;
  /** Whether what truncation cut off follows as rows of its own. */
  return_overflowing_tokens?: boolean;
  return_offsets_mapping?: boolean;
  /** What offsets count: units of JavaScript's strings (default), or code points as in Python. */
  offset_unit?: 'utf-16' | 'code point';
}

/** One tokenized text. */
export interface Encoding {
  input_ids: Int32Array;
  token_type_ids: Int32Array;
  attention_mask: Int32Array;
  special_tokens_mask: Int32Array;
  /** Number of the word; -1 for special tokens and padding. */
  word_ids: Int32Array;
  /** Where each token begins and where it ends in its text, in `offset_unit`s, when asked for. */
  offset_mapping?: Int32Array;
  /** Number of the text whose tokens these are, with `return_overflowing_tokens`. */
  overflow_to_sample_mapping?: number;
}

/** Arguments of a model's call. Integers as `Tensor` or as rows of numbers of one length. */
export interface ModelInputs {
  input_ids: TensorLike;
  attention_mask?: TensorLike;
  token_type_ids?: TensorLike;
  position_ids?: TensorLike;
  /** Languages by token (XLM, FlauBERT). */
  langs?: TensorLike;
  labels?: TensorLike;
  output_attentions?: boolean;
  output_hidden_states?: boolean;
}

export type TensorLike = Tensor | readonly (readonly number[])[] | readonly number[];
