import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AutoModelForSequenceClassification as AutoModel, env } from '../../web/dist/index.js';
import { fixture } from './support/server.mjs';
import { bundled, error, evaluate } from './support/testing.mjs';

env.wasm.threads = 1;
const bert = fixture('models/bert');
const MB = 1e6;

test('dispose gives all memory back', async () => {
  const resident = await evaluate(
    `
    import { env, pipeline } from './web/dist/index.js';
    env.wasm.threads = 1;
    const resident = [];
    for (let i = 0; i < 8; ++i) {
      const classifier = await pipeline('text-classification');
      await classifier('Good.');
      const loaded = process.memoryUsage.rss();
      await classifier.dispose();
      // Buffers go with the second collection at the latest.
      for (let pass = 0; pass < 3; ++pass) {
        gc();
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      resident.push([loaded, process.memoryUsage.rss()]);
    }
    console.log(JSON.stringify(resident));`,
    { flags: ['--expose-gc'] },
  );
  const [loaded, disposed] = resident[1];
  // The packed weights alone are 91 MB.
  assert.ok(loaded - disposed > 80 * MB, `${loaded} with a model, ${disposed} without`);
  const last = resident.at(-1)[1];
  assert.ok(last < disposed + 40 * MB, `${disposed} after 2 rounds, ${last} after 8`);
});

test('loading needs little more than the packed weights', async () => {
  const [before, after, packed] = await evaluate(`
    import { AutoModelForSequenceClassification as AutoModel, env } from './web/dist/index.js';
    env.wasm.threads = 1;
    const peak = () => process.resourceUsage().maxRSS * 1024;
    await (await AutoModel.from_pretrained(${JSON.stringify(bert)})).dispose();
    const before = peak();
    const model = await AutoModel.from_pretrained(${JSON.stringify(bundled)});
    await model({ input_ids: [[101, 2204, 102]] });
    const parameters = await model.named_parameters();
    const packed = parameters.reduce((n, { packed_bytes }) => n + packed_bytes, 0);
    console.log(JSON.stringify([before, peak(), packed]));`);
  // One tensor more: the word embeddings, 47 MB as float32 and half of that as stored.
  assert.ok(after - before < 1.35 * packed + 60 * MB, `${after - before} for ${packed}`);
});

test('a model that does not fit is an error, and the instance stays usable', async () => {
  const model = await AutoModel.from_pretrained(bert);
  const input_ids = [[1, 5, 7, 2]];
  const { logits } = await model({ input_ids });
  const huge = {
    model_type: 'bert',
    vocab_size: 4_000_000,
    hidden_size: 4096,
    num_attention_heads: 1,
  };
  for (let i = 0; i < 2; ++i) {
    await assert.rejects(AutoModel.from_config(huge), error('out_of_memory', 'memory', 'q8'));
    assert.deepEqual((await model({ input_ids })).logits, logits);
  }
  await model.dispose();
});

test('a batch that does not fit is an error, and the model stays usable', async () => {
  const model = await AutoModel.from_config({
    model_type: 'bert',
    vocab_size: 100,
    hidden_size: 64,
    // Of the last layer, only one row a sequence is computed.
    num_hidden_layers: 2,
    num_attention_heads: 1,
    intermediate_size: 60_000,
    max_position_embeddings: 20_000,
  });
  const input_ids = [[1, 5, 7, 2]];
  const { logits } = await model({ input_ids });
  const rows = [new Array(20_000).fill(5)];
  for (let i = 0; i < 2; ++i) {
    await assert.rejects(model({ input_ids: rows }), error('out_of_memory', 'memory', 'batch'));
    assert.deepEqual((await model({ input_ids })).logits, logits);
  }
  await model.dispose();
});
