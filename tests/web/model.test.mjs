import assert from 'node:assert/strict';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import * as verdict from '../../web/dist/index.js';
import { fixture } from './support/server.mjs';
import {
  bundled,
  error,
  makeSafetensors,
  parseSafetensors,
  readFiles,
  temporaryFolder,
} from './support/testing.mjs';

const {
  AutoConfig,
  AutoModelForSequenceClassification: AutoModel,
  BertForSequenceClassification,
  Tensor,
  env,
} = verdict;
env.wasm.threads = 1;

const bert = fixture('models/bert');
const input_ids = [[1, 5, 7, 2]];

/** Loads, uses and disposes of a model. */
async function using(loading, use) {
  const model = await loading;
  try {
    return await use(model);
  } finally {
    await model.dispose();
  }
}
const logitsOf = (source, options) =>
  using(AutoModel.from_pretrained(source, options), async (model) =>
    (await model({ input_ids })).logits.tolist(),
  );
const bertFiles = () => readFiles(bert, ['config.json', 'model.safetensors']);

/** Collects warnings while `use` runs. */
async function warningsOf(use) {
  const { warn } = env;
  const warnings = [];
  env.warn = (message) => warnings.push(message);
  try {
    await use();
  } finally {
    env.warn = warn;
  }
  return warnings;
}

test('a model is called like a function and gives losses, hidden states and attentions', () =>
  using(BertForSequenceClassification.from_pretrained(bert), async (model) => {
    const output = await model({
      input_ids,
      labels: [2],
      output_attentions: true,
      output_hidden_states: true,
    });
    assert.ok(output.loss > 0);
    assert.equal(output.hidden_states.length, 3);
    assert.deepEqual(output.hidden_states[0].dims, [1, 4, 32]);
    assert.deepEqual(output.attentions[0].dims, [1, 4, 4, 4]);
    const plain = await model.forward({ input_ids });
    assert.deepEqual(plain.logits, output.logits);
    assert.equal(plain.hidden_states, null);
    assert.equal(plain.loss, null);
    assert.equal(model.class_name, 'BertForSequenceClassification');
    assert.equal(model.dtype, 'f32');
    assert.equal(model.training, false);
    assert.equal(typeof model, 'function');
  }));

test('losses follow the problem type', async () => {
  const loss = (options, labels) =>
    using(AutoModel.from_pretrained(bert, options), async (model) => {
      const output = await model({ input_ids, labels });
      return output.loss;
    });
  const single = await loss({}, [1]);
  const several = await loss({}, new Tensor('float32', Float32Array.of(0, 1, 1), [1, 3]));
  const regression = await loss(
    { problem_type: 'regression' },
    new Tensor('float32', Float32Array.of(0, 1, 1), [1, 3]),
  );
  assert.equal(new Set([single, several, regression]).size, 3);
  await assert.rejects(loss({}, [3]), error('invalid_argument', '3'));
});

test('padding changes nothing', () =>
  using(AutoModel.from_pretrained(bert), async (model) => {
    const alone = await model({ input_ids });
    const padded = await model({
      input_ids: [
        [1, 5, 7, 2, 0, 0],
        [1, 9, 8, 7, 6, 2],
      ],
      attention_mask: [
        [1, 1, 1, 1, 0, 0],
        [1, 1, 1, 1, 1, 1],
      ],
    });
    for (const [i, logit] of alone.logits.data.entries()) {
      assert.ok(Math.abs(logit - padded.logits.data[i]) < 1e-5);
    }
    assert.equal((await model.counters()).padding_rows, 0);
  }));

test('wrong inputs are errors', () =>
  using(AutoModel.from_pretrained(bert), async (model) => {
    const refuses = (inputs, ...parts) =>
      assert.rejects(model(inputs), error('invalid_argument', ...parts));
    await refuses({ input_ids: [[99999]] }, '99999');
    await refuses({ input_ids: [[-1]] }, '-1');
    await refuses({ input_ids: [[1, 2], [3]] }, 'input_ids', 'one length');
    await refuses({ input_ids: [['1']] }, 'input_ids');
    await refuses({ input_ids: [[1.5]] }, 'input_ids');
    await refuses({ input_ids: 7 }, 'input_ids');
    await refuses({ input_ids: [1, 2] }, 'input_ids', '[2]');
    await refuses({ input_ids: [] }, 'input_ids');
    await refuses({ input_ids: [[]] }, 'no token');
    await refuses({}, 'input_ids', 'missing');
    await refuses({ input_ids: [[1]], bbox: [[1]] }, 'bbox');
    await refuses({ input_ids: [[1, 2]], attention_mask: [[0, 0]] }, 'attention_mask');
    await refuses({ input_ids: [[1, 2]], attention_mask: [[1]] }, 'attention_mask');
    await refuses({ input_ids: [[1]], output_attentions: 1 }, 'output_attentions');
    await refuses({ input_ids: [new Array(65).fill(1)] }, '64', '63');
    await assert.rejects(model(), error('invalid_argument', 'input_ids'));
    assert.throws(
      () => new Tensor('int64', new BigInt64Array(2), [3]),
      error('invalid_argument', '[3]'),
    );
    assert.throws(
      () => new Tensor('int8', new Int8Array(2), [2]),
      error('invalid_argument', 'int8'),
    );
  }));

test('a disposed model is refused', async () => {
  const model = await AutoModel.from_pretrained(bert);
  await model.dispose();
  await model.dispose();
  const other = await AutoModel.from_pretrained(bert);
  await assert.rejects(model({ input_ids }), error('invalid_argument', 'model', 'disposed'));
  await assert.rejects(model.state_dict(), error('invalid_argument', 'disposed'));
  assert.equal((await other({ input_ids })).logits.dims[1], 3);
  await other.dispose();
});

test('loads side by side do not disturb each other', async () => {
  const expected = await logitsOf(bert);
  for (let i = 0; i < 4; ++i) {
    const short = AutoModel.from_pretrained(bert);
    const [logits] = await Promise.all([
      logitsOf(await bertFiles()),
      short.then((model) => model.dispose()),
    ]);
    assert.deepEqual(logits, expected);
  }
});

test('every class exists and takes its own type only', async () => {
  const { model_types } = await verdict.build_info();
  assert.ok(model_types.length >= 7);
  for (const { class_name } of model_types) assert.equal(typeof verdict[class_name], 'object');
  await using(
    verdict.RobertaForSequenceClassification.from_pretrained(fixture('models/roberta')),
    (model) => assert.equal(model.class_name, 'RobertaForSequenceClassification'),
  );
  await assert.rejects(
    BertForSequenceClassification.from_pretrained(fixture('models/roberta')),
    error('invalid_argument', 'roberta', 'RobertaForSequenceClassification'),
  );
  await assert.rejects(
    BertForSequenceClassification.from_config({ model_type: 'albert' }),
    error('invalid_argument', 'AlbertForSequenceClassification'),
  );
  await assert.rejects(
    AutoModel.from_config({ model_type: 'no-such' }),
    error('unsupported', 'no-such'),
  );
  assert.throws(() => new AutoModel(), error('invalid_argument', 'from_pretrained', 'from_config'));
});

test('options: config attributes, other weights, a load report', async () => {
  const warnings = await warningsOf(async () => {
    const [model, report] = await AutoModel.from_pretrained(bert, {
      num_labels: 5,
      ignore_mismatched_sizes: true,
      output_loading_info: true,
      seed: 3,
    });
    assert.equal(model.config.num_labels, 5);
    assert.equal(report, model.load_report);
    assert.deepEqual(report.missing_keys, []);
    assert.deepEqual(report.unexpected_keys, []);
    assert.deepEqual(report.mismatched_keys, [
      { name: 'classifier.bias', checkpoint_shape: [3], model_shape: [5] },
      { name: 'classifier.weight', checkpoint_shape: [3, 32], model_shape: [5, 32] },
    ]);
    const copy = await AutoModel.from_pretrained(bert, {
      config: model.config,
      state_dict: await model.state_dict(),
    });
    assert.deepEqual((await copy({ input_ids })).logits, (await model({ input_ids })).logits);
    await model.dispose();
    await copy.dispose();
  });
  assert.equal(warnings.length, 1);
  assert.match(warnings[0], /classifier\.weight/);
  await assert.rejects(
    AutoModel.from_pretrained(bert, { num_labels: 5 }),
    error('invalid_argument', 'ignore_mismatched_sizes'),
  );
});

test('missing, unexpected and infinite tensors are reported', async () => {
  const files = await bertFiles();
  const { 'classifier.bias': bias, ...tensors } = parseSafetensors(files['model.safetensors']);
  const weight = tensors['classifier.weight'];
  const broken = Buffer.from(weight.bytes);
  broken.writeFloatLE(NaN, 0);
  const weights = makeSafetensors({
    ...tensors,
    'classifier.weight': { ...weight, bytes: broken },
    'other.bias': bias,
  });
  await warningsOf(() =>
    using(AutoModel.from_pretrained({ ...files, 'model.safetensors': weights }), (model) => {
      assert.deepEqual(model.load_report.missing_keys, ['classifier.bias']);
      assert.deepEqual(model.load_report.unexpected_keys, ['other.bias']);
      assert.deepEqual(model.load_report.non_finite_keys, ['classifier.weight']);
    }),
  );
});

test('NaN and infinity reach the logits, alone, and are warned of once', async () => {
  const files = await bertFiles();
  const tensors = parseSafetensors(files['model.safetensors']);
  const name = 'bert.embeddings.word_embeddings.weight';
  const words = tensors[name];
  for (const [dtype, number] of [
    ['f32', NaN],
    ['q8', NaN],
    ['q8', Infinity],
  ]) {
    const broken = Buffer.from(words.bytes);
    broken.writeFloatLE(number, 4 * words.shape[1] * 7);
    const weights = makeSafetensors({ ...tensors, [name]: { ...words, bytes: broken } });
    const warnings = await warningsOf(() =>
      using(
        AutoModel.from_pretrained({ ...files, 'model.safetensors': weights }, { dtype }),
        async (model) => {
          for (let i = 0; i < 2; ++i) {
            const [good, bad] = (
              await model({
                input_ids: [
                  [1, 5, 2],
                  [1, 7, 2],
                ],
              })
            ).logits.tolist();
            assert.ok(good.every(Number.isFinite), `${good}`);
            assert.ok(bad.every(Number.isNaN), `${bad}`);
          }
        },
      ),
    );
    const ours = warnings.filter((warning) => warning.includes('gives NaN or infinity'));
    assert.equal(ours.length, 1, warnings.join());
  }
});

test('unknown and wrong options are errors', async () => {
  const refuses = (options, code, ...parts) =>
    assert.rejects(AutoModel.from_pretrained(bert, options), error(code, ...parts));
  await refuses({ dtype: 'int4' }, 'invalid_argument', 'int4', 'q8');
  await refuses({ dtype: 4 }, 'invalid_argument', 'dtype', '4');
  await refuses({ device: 'npu' }, 'unsupported', 'npu', 'cpu');
  await refuses({ num_lables: 2 }, 'invalid_argument', 'num_lables');
  await refuses({ model_args: [1] }, 'invalid_argument', 'model_args');
  await refuses({ from_tf: true, from_flax: true }, 'invalid_argument', 'from_tf', 'from_flax');
  await refuses({ seed: -1 }, 'invalid_argument', 'seed', '-1');
  await refuses({ config: {} }, 'invalid_argument', 'config');
  await refuses({ state_dict: { a: [1] } }, 'invalid_argument', 'state_dict');
  await assert.rejects(AutoModel.from_pretrained('/no/such'), error('not_found', '/no/such'));
});

test('files come from Uint8Arrays, Blobs and Files', async () => {
  const expected = await logitsOf(bert);
  const files = await bertFiles();
  const wrapped = (wrap) =>
    Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, wrap(bytes, name)]));
  assert.deepEqual(await logitsOf(files), expected);
  assert.deepEqual(await logitsOf(wrapped((bytes) => new Blob([bytes]))), expected);
  const { File } = await import('node:buffer');
  assert.deepEqual(await logitsOf(wrapped((bytes, name) => new File([bytes], name))), expected);
});

test('sharded safetensors', async (t) => {
  const files = await bertFiles();
  const tensors = Object.entries(parseSafetensors(files['model.safetensors']));
  const names = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
  const shards = names.map((_, shard) => tensors.filter((_, i) => i % 2 === shard));
  const weight_map = Object.fromEntries(
    shards.flatMap((shard, i) => shard.map(([name]) => [name, names[i]])),
  );
  const folder = await temporaryFolder(t);
  const write = (name, content) => writeFile(join(folder, name), content);
  await write('config.json', files['config.json']);
  await write('model.safetensors.index.json', JSON.stringify({ metadata: {}, weight_map }));
  for (const [i, shard] of shards.entries()) {
    await write(names[i], makeSafetensors(Object.fromEntries(shard)));
  }
  assert.deepEqual(await logitsOf(folder), await logitsOf(bert));
  const only = await readFiles(folder, ['config.json', 'model.safetensors.index.json', names[0]]);
  await assert.rejects(AutoModel.from_pretrained(only), error('not_found', names[1]));
  const evil = JSON.stringify({ weight_map: { a: '../../etc/passwd' } });
  await write('model.safetensors.index.json', evil);
  await assert.rejects(AutoModel.from_pretrained(folder), error('corrupt_file', 'passwd'));
});

test('damaged and missing weights are errors', async (t) => {
  const files = await bertFiles();
  const refuses = (weights, code, ...parts) =>
    assert.rejects(
      AutoModel.from_pretrained({ ...files, 'model.safetensors': weights }),
      error(code, ...parts),
    );
  const whole = files['model.safetensors'];
  await refuses(whole.subarray(0, whole.length - 10), 'corrupt_file', 'model.safetensors');
  await refuses(whole.subarray(0, 5), 'corrupt_file', 'model.safetensors');
  await refuses(new TextEncoder().encode('<html>no such page</html>'), 'corrupt_file');
  const huge = whole.slice();
  new DataView(huge.buffer).setBigUint64(0, 1n << 60n, true);
  await refuses(huge, 'corrupt_file', 'header');
  await refuses(undefined, 'not_found', 'model.safetensors', 'pytorch_model.bin');
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'config.json'), files['config.json']);
  await writeFile(join(folder, 'tf_model.h5'), 'x');
  await assert.rejects(AutoModel.from_pretrained(folder), error('unsupported', 'tf_model.h5'));
  await mkdir(join(folder, 'model.safetensors'));
  await assert.rejects(AutoModel.from_pretrained(folder), error('io', 'model.safetensors'));
});

test('int8 weights are computed in int8', async () => {
  const float = await using(AutoModel.from_pretrained(bundled), (model) =>
    model.named_parameters(),
  );
  const bytes = (parameters) => parameters.reduce((n, { packed_bytes }) => n + packed_bytes, 0);
  for (const dtype of ['q8', 'int8']) {
    await using(AutoModel.from_pretrained(bundled, { dtype }), async (model) => {
      assert.equal(model.dtype, 'q8');
      const packed = bytes(await model.named_parameters());
      assert.ok(packed <= 0.27 * bytes(float), `${packed} of ${bytes(float)}`);
      await model({ input_ids: [[101, 2204, 102]] });
      const { int8_multiplications, float_multiplications } = await model.counters();
      assert.ok(int8_multiplications > 5 * float_multiplications);
      await assert.rejects(model.state_dict(), error('unsupported', 'int8'));
      await assert.rejects(model.save_pretrained(), error('unsupported', 'int8'));
    });
  }
});

test('a model is saved and read again', async (t) => {
  const config = await AutoConfig.from_pretrained(join(bert, 'config.json'), { num_labels: 4 });
  const folder = join(await temporaryFolder(t), 'new/folder');
  await using(AutoModel.from_config(config, { seed: 9 }), async (model) => {
    await model.save_pretrained(folder);
    assert.deepEqual((await readdir(folder)).sort(), ['config.json', 'model.safetensors']);
    const files = await model.save_pretrained();
    for (const [name, bytes] of Object.entries(files)) {
      assert.ok(bytes instanceof Uint8Array);
      assert.ok((await readFile(join(folder, name))).equals(bytes), name);
    }
    const expected = (await model({ input_ids })).logits.tolist();
    assert.deepEqual(await logitsOf(folder), expected);
    assert.deepEqual(await logitsOf(files), expected);
    const saved = parseSafetensors(files['model.safetensors']);
    const original = parseSafetensors(await readFile(join(bert, 'model.safetensors')));
    assert.deepEqual(Object.keys(saved).sort(), Object.keys(original).sort());
    await assert.rejects(model.save_pretrained(join(folder, 'config.json')), error('io', 'config'));
  });
});

test('from_config: the seed decides the weights', async () => {
  const config = await AutoConfig.from_pretrained(bert);
  const first = (seed) =>
    using(AutoModel.from_config(config, seed === undefined ? {} : { seed }), async (model) => {
      assert.deepEqual(model.load_report.missing_keys, []);
      return (await model.parameter('classifier.weight')).data[0];
    });
  assert.equal(await first(7), await first(7));
  assert.notEqual(await first(7), await first(8));
  assert.equal(await first(), await first(0));
});

test('dropout is active in training mode only', () =>
  using(AutoModel.from_pretrained(bert, { hidden_dropout_prob: 0.5 }), async (model) => {
    const run = async () => (await model({ input_ids })).logits.data[0];
    const still = await run();
    assert.equal(await run(), still);
    assert.equal(await model.train(), model);
    assert.equal(model.training, true);
    assert.notEqual(await run(), await run());
    await model.eval();
    assert.equal(model.training, false);
    assert.equal(await run(), still);
  }));
