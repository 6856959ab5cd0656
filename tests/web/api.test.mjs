import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  AutoConfig,
  AutoModelForSequenceClassification as AutoModel,
  AutoTokenizer,
  BertForSequenceClassification,
  Tensor,
  VerdictError,
  build_info,
  env,
  pipeline,
} from '../../web/dist/index.js';
import { fixture, root } from './support/server.mjs';

const bert = fixture('models/bert');
const bundled = join(root, 'models/verdict-sentiment-en');

/** A check for assert.rejects: code, and what the message must name. */
const error = (code, ...parts) => (thrown) => {
  assert.ok(thrown instanceof VerdictError, String(thrown));
  assert.equal(thrown.code, code, thrown.message);
  for (const part of parts) assert.ok(thrown.message.includes(part), `${thrown.message} / ${part}`);
  return true;
};

env.wasm.threads = 1;

describe('pipeline', () => {
  let classifier;
  before(async () => {
    classifier = await pipeline('text-classification');
  });
  after(() => classifier.dispose());

  test('gives the probabilities of the card', async () => {
    const examples = JSON.parse(await readFile(join(bundled, 'examples.json'), 'utf8'));
    for (const { text, label, probabilities } of examples) {
      const labels = await classifier(text, { top_k: null });
      assert.equal(labels[0].label, label);
      for (const { label: name, score } of labels) {
        assert.ok(Math.abs(score - probabilities[name]) < 2e-4, `${text}: ${name} ${score}`);
      }
    }
  });

  test('answers in the shape of the question', async () => {
    assert.equal((await classifier('Good.')).length, 1);
    assert.equal((await classifier(['Good.', 'Bad.'])).length, 2);
    const all = await classifier(['Good.', 'Bad.'], { top_k: 2 });
    assert.deepEqual(all.map((labels) => labels.length), [2, 2]);
    assert.deepEqual(await classifier([]), []);
    assert.equal((await classifier('')).length, 1);
  });

  test('refuses what it cannot classify', async () => {
    const long = 'word '.repeat(600);
    await assert.rejects(classifier(long), error('invalid_argument', '602', '512', 'truncation'));
    assert.equal((await classifier(long, { truncation: true })).length, 1);
    await assert.rejects(classifier('half \ud800'), error('invalid_argument', 'index 5'));
    await assert.rejects(classifier(7), error('invalid_argument', 'Text 1'));
    await assert.rejects(classifier({ text: 'a', pair: 'b' }), error('invalid_argument', 'pair'));
    await assert.rejects(classifier('a', { topk: 1 }), error('invalid_argument', 'topk', 'top_k'));
    await assert.rejects(classifier('a', { function_to_apply: 'x' }), error('invalid_argument', 'softmax'));
    await assert.rejects(pipeline('translation'), error('unsupported', 'translation'));
  });

  test('tokenizes into tensors', async () => {
    const { tokenizer } = classifier;
    const batch = await tokenizer.call(['I love it.', 'Bad.'], { padding: true });
    assert.deepEqual(batch.input_ids.dims, [2, 6]);
    assert.equal(batch.input_ids.data[0], 101n);
    assert.equal(batch.attention_mask.data[11], 0n);
    const output = await classifier.model.forward({ ...batch });
    assert.deepEqual(output.logits.dims, [2, 3]);
    await assert.rejects(tokenizer.call(['a', 'b c']), error('invalid_argument', 'padding'));
    const [row] = await tokenizer.encode_batch('Héllo', { return_offsets_mapping: true });
    assert.deepEqual(row.offset_mapping, [[0, 0], [0, 5], [0, 0]]);
    assert.equal(await tokenizer.decode(row.input_ids, { skip_special_tokens: true }), 'hello');
    assert.deepEqual(await tokenizer.convert_ids_to_tokens([101]), ['[CLS]']);
  });
});

describe('models', () => {
  test('give losses, hidden states and attentions', async () => {
    const model = await BertForSequenceClassification.from_pretrained(bert);
    const output = await model.forward({
      input_ids: [[1, 5, 7, 2]],
      labels: [2],
      output_attentions: true,
      output_hidden_states: true,
    });
    assert.ok(output.loss > 0);
    assert.equal(output.hidden_states.length, 3);
    assert.deepEqual(output.attentions[0].dims, [1, 4, 4, 4]);
    assert.equal((await model.forward({ input_ids: [[1, 5]] })).hidden_states, null);
    await model.dispose();
    await assert.rejects(model.forward({ input_ids: [[1]] }), error('invalid_argument', 'disposed'));
  });

  test('refuse wrong inputs', async () => {
    const model = await AutoModel.from_pretrained(bert);
    const forward = (inputs) => model.forward(inputs);
    await assert.rejects(forward({ input_ids: [[99999]] }), error('invalid_argument', '99999'));
    await assert.rejects(forward({ input_ids: [[1, 2], [3]] }), error('invalid_argument', 'one length'));
    await assert.rejects(forward({ input_ids: [[1]], bbox: [[1]] }), error('invalid_argument', 'bbox'));
    await assert.rejects(
      forward({ input_ids: [[1, 2]], attention_mask: [[0, 0]] }),
      error('invalid_argument', 'attention_mask'),
    );
    await assert.rejects(forward({ input_ids: [] }), error('invalid_argument'));
    assert.throws(() => new Tensor('int64', new BigInt64Array(2), [3]), error('invalid_argument', '[3]'));
    await model.dispose();
  });

  test('take config attributes, other weights and nothing unknown', async () => {
    const model = await AutoModel.from_pretrained(bert, {
      num_labels: 5,
      ignore_mismatched_sizes: true,
      seed: 3,
    });
    assert.equal(model.config.num_labels, 5);
    assert.deepEqual(model.load_report.mismatched_keys.map((key) => key.name), [
      'classifier.weight',
      'classifier.bias',
    ]);
    const copy = await AutoModel.from_pretrained(bert, {
      config: model.config,
      state_dict: await model.state_dict(),
    });
    const input_ids = [[1, 5, 7, 2]];
    assert.deepEqual(
      (await copy.forward({ input_ids })).logits.data,
      (await model.forward({ input_ids })).logits.data,
    );
    await model.dispose();
    await copy.dispose();
    await assert.rejects(AutoModel.from_pretrained(bert, { dtype: 'int4' }), error('invalid_argument', 'int4', 'q8'));
    await assert.rejects(AutoModel.from_pretrained(bert, { device: 'npu' }), error('unsupported', 'npu'));
    await assert.rejects(AutoModel.from_pretrained(bert, { num_lables: 2 }), error('invalid_argument', 'num_lables'));
    await assert.rejects(AutoModel.from_pretrained(bert, { model_args: [1] }), error('invalid_argument', 'model_args'));
    await assert.rejects(AutoModel.from_pretrained('/no/such'), error('not_found', '/no/such'));
    assert.throws(() => new AutoModel(), error('invalid_argument', 'from_pretrained'));
    await assert.rejects(
      BertForSequenceClassification.from_pretrained(fixture('models/roberta')),
      error('invalid_argument', 'RobertaForSequenceClassification'),
    );
  });

  test('quantise to int8', async () => {
    const model = await AutoModel.from_pretrained(bundled, { dtype: 'q8' });
    const packed = (await model.named_parameters()).reduce((n, p) => n + p.packed_bytes, 0);
    assert.ok(packed < 0.27 * 22714371 * 4, String(packed));
    await model.forward({ input_ids: [[101, 2204, 102]] });
    assert.ok((await model.counters()).int8_multiplications > 0);
    await assert.rejects(model.state_dict(), error('unsupported'));
    await model.dispose();
  });

  test('are saved and read again', async () => {
    const config = await AutoConfig.from_pretrained(join(bert, 'config.json'), { num_labels: 4 });
    assert.equal(config.num_labels, 4);
    const model = await AutoModel.from_config(config, { seed: 9 });
    const folder = await mkdtemp(join(tmpdir(), 'verdict-'));
    const files = await model.save_pretrained(folder);
    const input_ids = [[1, 2, 3]];
    const { logits } = await model.forward({ input_ids });
    for (const source of [folder, files, { ...files, 'config.json': new Blob([files['config.json']]) }]) {
      const again = await AutoModel.from_pretrained(source);
      assert.deepEqual((await again.forward({ input_ids })).logits.data, logits.data);
      await again.dispose();
    }
    await model.dispose();
    await rm(folder, { recursive: true });
  });

  test('train and evaluate', async () => {
    const model = await AutoModel.from_pretrained(bert, { hidden_dropout_prob: 0.5 });
    const run = async () => (await model.forward({ input_ids: [[1, 5, 7]] })).logits.data[0];
    const still = await run();
    await model.train();
    assert.equal(model.training, true);
    assert.notEqual(await run(), await run());
    await model.eval();
    assert.equal(await run(), still);
    await model.dispose();
  });
});

test('tokenizers load from vocab.txt alone', async () => {
  const names = ['vocab.txt', 'tokenizer_config.json'];
  const files = Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, new Uint8Array(await readFile(join(bundled, name)))])),
  );
  const tokenizer = await AutoTokenizer.from_pretrained(files);
  assert.deepEqual(await tokenizer.encode('Hello there'), [101, 7592, 2045, 102]);
  await tokenizer.dispose();
  await assert.rejects(AutoTokenizer.from_pretrained({}), error('not_found', 'tokenizer.json'));
});

test('memory that runs out is an error, and the instance stays usable', async () => {
  const model = await AutoModel.from_pretrained(bert);
  const huge = { model_type: 'bert', vocab_size: 4_000_000, hidden_size: 4096, num_attention_heads: 1 };
  await assert.rejects(AutoModel.from_config(huge), error('out_of_memory', 'memory'));
  assert.equal((await model.forward({ input_ids: [[1, 2]] })).logits.dims[1], 3);
  await model.dispose();
});

test('dispose gives all memory back', async () => {
  const used = () => process.memoryUsage().arrayBuffers;
  const before = used();
  for (let i = 0; i < 3; ++i) {
    const classifier = await pipeline('text-classification');
    await classifier('Good.');
    await classifier.dispose();
  }
  global.gc?.();
  await new Promise((resolve) => setTimeout(resolve, 50));
  global.gc?.();
  assert.ok(used() - before < 120e6, `${((used() - before) / 1e6).toFixed(0)} MB more`);
});

test('the build says what it is', async () => {
  const info = await build_info();
  assert.equal(info.version, env.version);
  assert.ok(info.model_types.some((type) => type.class_name === 'XLMRobertaForSequenceClassification'));
  env.wasm.threads = 0;
  env.wasm.threads = 1;
});
