// The files of a model that TypeScript knows by name.

export const CONFIG = 'config.json';
export const SAFETENSORS = 'model.safetensors';

export interface WeightFormat {
  weights: string;
  /** Names the files of weights in shards. */
  index: string;
  is_pytorch: boolean;
}

/** In the reference's order of preference. */
export const WEIGHT_FORMATS: readonly WeightFormat[] = [
  { weights: SAFETENSORS, index: 'model.safetensors.index.json', is_pytorch: false },
  { weights: 'pytorch_model.bin', index: 'pytorch_model.bin.index.json', is_pytorch: true },
];

/** Weights of other formats, which only conversion makes readable. */
export const OTHER_WEIGHTS: readonly string[] = ['tf_model.h5', 'flax_model.msgpack'];
