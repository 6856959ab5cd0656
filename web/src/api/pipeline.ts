import { checkKinds, checkOptions, checkText } from '../check.js';
import { VerdictError } from '../errors.js';
import { dispose, Handle, host } from '../runtime/host.js';
import type { TextPair } from '../runtime/engine.js';
import type {
  Classification,
  ClassifyOptions,
  ModelSource,
  PretrainedModelOptions,
  TextInput,
} from '../types.js';
import { defaultModel } from './default_model.js';
import { AutoModelForSequenceClassification, type SequenceClassificationModel } from './model.js';
import { splitOptions } from './options.js';
import { AutoTokenizer, type PreTrainedTokenizer } from './tokenizer.js';

const CLASSIFY_OPTIONS = [
  'top_k',
  'function_to_apply',
  'batch_size',
  'batch_tokens',
  'truncation',
  'max_length',
] as const;

const CLASSIFY_KINDS = {
  function_to_apply: { values: ['default', 'softmax', 'sigmoid', 'none'] },
  batch_size: { least: 1 },
  batch_tokens: { least: 1 },
  truncation: 'boolean',
  max_length: { least: 1 },
} as const;

/** Options of `pipeline`. */
export interface PipelineOptions extends PretrainedModelOptions {
  /** Go on with a classification head that is not trained. */
  allow_new_head?: boolean;
}

/** Text in, labels and scores out. Call it like a function. */
export interface TextClassificationPipeline {
  /** The best label of one text, or with `top_k` its best k. */
  (text: TextInput, options?: ClassifyOptions): Promise<Classification[]>;
  /** The best label of each text. */
  (
    texts: readonly TextInput[],
    options?: ClassifyOptions & { top_k?: 1 },
  ): Promise<Classification[]>;
  /** The best k labels of each text. */
  (
    texts: readonly TextInput[],
    options: ClassifyOptions & { top_k: number | null },
  ): Promise<Classification[][]>;

  readonly task: 'text-classification';
  readonly model: SequenceClassificationModel;
  readonly tokenizer: PreTrainedTokenizer;
  /** The longest text in tokens. */
  readonly max_length: number | null;
  /** Gives all memory back. */
  dispose(): Promise<void>;
}

function toPair(input: TextInput, number: number): TextPair {
  const what = `Text ${number + 1}`;
  if (typeof input === 'string') return [checkText(input, what), null];
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new VerdictError(
      'invalid_argument',
      `${what} is neither a string nor {text, text_pair}.`,
    );
  }
  checkOptions(input, ['text', 'text_pair'], what);
  const pair = input.text_pair;
  return [
    checkText(input.text, what),
    pair === undefined ? null : checkText(pair, `The text_pair of text ${number + 1}`),
  ];
}

/**
 * A classifier of texts. Without a model, the bundled one: an English sentiment classifier.
 *
 * @param task `text-classification` or its other name, `sentiment-analysis`.
 */
export async function pipeline(
  task: 'text-classification' | 'sentiment-analysis',
  source: ModelSource | null = null,
  options: PipelineOptions = {},
): Promise<TextClassificationPipeline> {
  if (task !== 'text-classification' && task !== 'sentiment-analysis') {
    throw new VerdictError(
      'unsupported',
      `The task "${String(task)}" is not supported; use "text-classification".`,
    );
  }
  checkKinds(options, { allow_new_head: 'boolean' });
  const { allow_new_head = false, output_loading_info: _, ...rest } = options;
  const from = source ?? (await defaultModel());
  const model = await AutoModelForSequenceClassification.from_pretrained(from, rest);
  let tokenizer: PreTrainedTokenizer | undefined;
  try {
    const { progress_callback } = options;
    const { hub } = splitOptions(options, []);
    tokenizer = await AutoTokenizer.from_pretrained(from, {
      ...hub,
      ...(progress_callback && { progress_callback }),
    });
    const opened = await host.call('openPipeline', [
      model.handle.id,
      tokenizer.handle.id,
      allow_new_head,
    ]);
    const name = typeof from === 'string' ? from : 'the given files';
    progress_callback?.({ status: 'ready', task: 'text-classification', model: name });
    return makePipeline(model, tokenizer, opened);
  } catch (error) {
    await tokenizer?.dispose();
    await model.dispose();
    throw error;
  }
}

function makePipeline(
  model: SequenceClassificationModel,
  tokenizer: PreTrainedTokenizer,
  opened: { handle: number; max_length: number | null },
): TextClassificationPipeline {
  const handle = new Handle(opened.handle, 'pipeline');
  const classify = async (
    input: TextInput | readonly TextInput[],
    options: ClassifyOptions = {},
  ): Promise<Classification[] | Classification[][]> => {
    checkOptions(options, CLASSIFY_OPTIONS, 'The pipeline');
    checkKinds(options, CLASSIFY_KINDS);
    if (options.top_k !== null) checkKinds(options, { top_k: { least: 1 } });
    const many = Array.isArray(input);
    const inputs: readonly TextInput[] = many ? input : [input as TextInput];
    const top_k = options.top_k === undefined ? 1 : (options.top_k ?? 0);
    const results = await host.call('classify', [
      handle.id,
      inputs.map(toPair),
      { ...options, top_k },
    ]);
    model.checkFinite(results.flat().map(({ score }) => score));
    if (!many) return results[0] ?? [];
    return options.top_k === undefined || options.top_k === 1 ? results.flat() : results;
  };
  const properties = {
    task: 'text-classification',
    model,
    tokenizer,
    max_length: opened.max_length,
    dispose: () => dispose([handle, model.handle, tokenizer.handle]),
  } as const;
  return Object.assign(classify, properties) as TextClassificationPipeline;
}
