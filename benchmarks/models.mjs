// The models of the benchmarks: each as a folder for Verdict and as ONNX files of the same weights.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generator } from './batches.mjs';
import { writeBertOnnx } from './onnx.mjs';
import { openSafetensors, writeSafetensors } from './safetensors.mjs';

const BUNDLED = new URL('../models/verdict-sentiment-en', import.meta.url).pathname;

const BERT_BASE = {
  architectures: ['BertForSequenceClassification'],
  model_type: 'bert',
  hidden_act: 'gelu',
  hidden_size: 768,
  intermediate_size: 3072,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  vocab_size: 30522,
  max_position_embeddings: 512,
  type_vocab_size: 2,
  layer_norm_eps: 1e-12,
  initializer_range: 0.02,
  pad_token_id: 0,
  id2label: { 0: 'LABEL_0', 1: 'LABEL_1' },
  label2id: { LABEL_0: 0, LABEL_1: 1 },
};

/** Names and shapes of a BERT classifier's parameters. */
export function bertParameters(config) {
  const { hidden_size: H, intermediate_size: F } = config;
  const linear = (name, outputs, inputs) => [
    [`${name}.weight`, [outputs, inputs]],
    [`${name}.bias`, [outputs]],
  ];
  const norm = (name) => ['weight', 'bias'].map((part) => [`${name}.LayerNorm.${part}`, [H]]);
  const layers = Array.from({ length: config.num_hidden_layers }, (_, i) => {
    const layer = `bert.encoder.layer.${i}`;
    return [
      ...['query', 'key', 'value'].flatMap((x) => linear(`${layer}.attention.self.${x}`, H, H)),
      ...linear(`${layer}.attention.output.dense`, H, H),
      ...norm(`${layer}.attention.output`),
      ...linear(`${layer}.intermediate.dense`, F, H),
      ...linear(`${layer}.output.dense`, H, F),
      ...norm(`${layer}.output`),
    ];
  });
  return [
    ['bert.embeddings.word_embeddings.weight', [config.vocab_size, H]],
    ['bert.embeddings.position_embeddings.weight', [config.max_position_embeddings, H]],
    ['bert.embeddings.token_type_embeddings.weight', [config.type_vocab_size, H]],
    ...norm('bert.embeddings'),
    ...layers.flat(),
    ...linear('bert.pooler.dense', H, H),
    ...linear('classifier', Object.keys(config.id2label).length, H),
  ];
}

/** Random values by name, with the standard deviation that the config names. */
function randomParameters(config) {
  const parameters = bertParameters(config);
  const get = (name) => {
    const number = parameters.findIndex(([known]) => known === name);
    const random = generator(number + 1);
    const mean = name.endsWith('LayerNorm.weight') ? 1 : 0;
    const range = config.initializer_range * Math.sqrt(12);
    const values = new Float32Array(parameters[number][1].reduce((a, b) => a * b, 1));
    for (let i = 0; i < values.length; ++i) values[i] = mean + range * (random() - 0.5);
    return values;
  };
  return { parameters, get };
}

/** Writes a BERT classifier with random weights into a folder; `shape` overrides BERT-base's config. */
export function randomBert(folder, shape = {}) {
  const config = { ...BERT_BASE, ...shape };
  const { parameters, get } = randomParameters(config);
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  writeSafetensors(join(folder, 'model.safetensors'), parameters, get);
  return get;
}

const WRITERS = {
  /** The bundled model: MiniLM-L6's shape with trained weights. */
  minilm: {
    title: 'MiniLM-L6 shape (the bundled model)',
    source: join(BUNDLED, 'model.safetensors'),
    write(folder) {
      const config = JSON.parse(readFileSync(join(BUNDLED, 'config.json'), 'utf8'));
      const weights = openSafetensors(join(BUNDLED, 'model.safetensors'));
      writeBertOnnx(join(folder, 'model.onnx'), config, weights.get, { q8: false });
      writeBertOnnx(join(folder, 'model-q8.onnx'), config, weights.get, { q8: true });
      weights.close();
    },
    folder: () => BUNDLED,
  },
  'bert-base': {
    title: 'BERT-base shape (random weights)',
    source: null,
    write(folder) {
      const get = randomBert(folder);
      writeBertOnnx(join(folder, 'model.onnx'), BERT_BASE, get, { q8: false });
      writeBertOnnx(join(folder, 'model-q8.onnx'), BERT_BASE, get, { q8: true });
    },
    folder: (cached) => cached,
  },
};

/**
 * Makes a model's files in the cache folder unless they are there. Gives its `folder` for Verdict,
 * its ONNX files by dtype, and `f32_bytes`, the size of its weights in float32.
 */
export function prepareModel(name, cache) {
  const { title, source, write, folder } = WRITERS[name];
  const hash = createHash('sha256');
  for (const script of ['onnx.mjs', 'protobuf.mjs', 'models.mjs', 'safetensors.mjs']) {
    hash.update(readFileSync(new URL(script, import.meta.url)));
  }
  if (source) hash.update(readFileSync(source));
  const parent = join(cache, 'models');
  const cached = join(parent, `${name}-${hash.digest('hex').slice(0, 16)}`);
  if (!existsSync(cached)) {
    const partial = `${cached}.${process.pid}.partial`;
    mkdirSync(partial, { recursive: true });
    try {
      write(partial);
      renameSync(partial, cached);
    } finally {
      rmSync(partial, { recursive: true, force: true });
    }
  }
  const config = JSON.parse(readFileSync(join(folder(cached), 'config.json'), 'utf8'));
  const count = bertParameters(config).reduce((n, [, s]) => n + s.reduce((a, b) => a * b, 1), 0);
  return {
    name,
    title,
    folder: folder(cached),
    onnx: { f32: join(cached, 'model.onnx'), q8: join(cached, 'model-q8.onnx') },
    f32_bytes: 4 * count,
  };
}
