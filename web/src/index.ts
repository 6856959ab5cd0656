export { AutoConfig, PretrainedConfig } from './api/config.js';
export * from './api/classes.js';
export {
  AutoModelForSequenceClassification,
  type ModelFactory,
  type SequenceClassificationModel,
  type SequenceClassifierOutput,
} from './api/model.js';
export { pipeline, type PipelineOptions, type TextClassificationPipeline } from './api/pipeline.js';
export {
  AutoTokenizer,
  type BatchEncoding,
  type DecodeOptions,
  type PreTrainedTokenizer,
  type TokenIds,
} from './api/tokenizer.js';
export { env } from './env.js';
export { VerdictError, type VerdictErrorCode } from './errors.js';
export { build_info } from './api/build_info.js';
export { Tensor, type TensorData, type TensorType } from './tensor.js';
export type * from './types.js';
