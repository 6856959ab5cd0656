import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { env, pipeline } from '../../web/dist/index.js';
import { bundled, error, tinyModel } from './support/testing.mjs';

env.wasm.threads = 1;

const near = (actual, expected, tolerance = 1e-5) =>
  assert.ok(Math.abs(actual - expected) < tolerance, `${actual} is not near ${expected}`);

describe('the bundled model', () => {
  let classifier;
  before(async () => {
    classifier = await pipeline('text-classification');
  });
  after(() => classifier.dispose());

  test('gives the probabilities of its card', async () => {
    const examples = JSON.parse(await readFile(join(bundled, 'examples.json'), 'utf8'));
    assert.ok(examples.length > 3);
    for (const { text, label, probabilities } of examples) {
      const labels = await classifier(text, { top_k: null });
      assert.equal(labels[0].label, label);
      for (const { label: name, score } of labels) near(score, probabilities[name], 2e-4);
    }
  });

  test('answers in the shape of the question', async () => {
    assert.equal((await classifier('Good.')).length, 1);
    assert.equal((await classifier('Good.', { top_k: 2 })).length, 2);
    assert.equal((await classifier(['Good.', 'Bad.'])).length, 2);
    const all = await classifier(['Good.', 'Bad.'], { top_k: null });
    assert.deepEqual(
      all.map((labels) => labels.length),
      [3, 3],
    );
    assert.deepEqual(await classifier([]), []);
    assert.equal((await classifier('')).length, 1);
    assert.equal(classifier.max_length, 512);
  });

  test('gives the same answer at any batch size', async () => {
    const texts = ['Good.', 'It was rather bad, all in all.', 'Fine', 'Superb!', 'No.'];
    const one = await classifier(texts, { batch_size: 1 });
    const all = await classifier(texts, { batch_size: 5 });
    for (const [i, { label, score }] of all.entries()) {
      assert.equal(label, one[i].label);
      near(score, one[i].score);
    }
    await assert.rejects(
      classifier('a', { batch_size: 0 }),
      error('invalid_argument', 'batch_size', '0'),
    );
  });

  test('cuts a text only when asked', async () => {
    const long = 'word '.repeat(600);
    await assert.rejects(classifier(long), error('invalid_argument', '602', '512', 'truncation'));
    assert.equal((await classifier(long, { truncation: true })).length, 1);
    const text = 'A film that starts well and then ends terribly, terribly badly.';
    const [cut] = await classifier(text, { truncation: true, max_length: 8 });
    const [start] = await classifier('A film that starts well and');
    near(cut.score, start.score);
    await assert.rejects(
      classifier(text, { max_length: 8 }),
      error('invalid_argument', '8', 'truncation'),
    );
    await assert.rejects(
      classifier(text, { max_length: 513 }),
      error('invalid_argument', '513', '512'),
    );
  });

  test('applies the function that was asked for', async () => {
    const scores = async (function_to_apply) => {
      const labels = await classifier('It is fine.', { top_k: null, function_to_apply });
      return Object.fromEntries(labels.map(({ label, score }) => [label, score]));
    };
    const logits = await scores('none');
    const softmax = await scores('softmax');
    const sum = Object.values(logits).reduce((total, logit) => total + Math.exp(logit), 0);
    for (const [label, score] of Object.entries(await scores('sigmoid'))) {
      near(score, 1 / (1 + Math.exp(-logits[label])));
      near(softmax[label], Math.exp(logits[label]) / sum);
    }
    assert.deepEqual(await scores('default'), softmax);
  });

  test('refuses what it cannot classify', async () => {
    const refuses = (input, options, ...parts) =>
      assert.rejects(classifier(input, options), error('invalid_argument', ...parts));
    await refuses('half \ud800', {}, 'index 5');
    await refuses(7, {}, 'Text 1');
    await refuses(['a', null], {}, 'Text 2');
    await refuses([['a', 'b']], {}, 'Text 1');
    await refuses({ text: 'a', pair: 'b' }, {}, 'pair');
    await refuses({ text: 'a', text_pair: 3 }, {}, 'text_pair', '3');
    await refuses({ text_pair: 'a' }, {}, 'Text 1');
    await refuses('a', { topk: 1 }, 'topk', 'top_k');
    await refuses('a', { text_pair: 'b' }, 'text_pair');
    await refuses('a', { function_to_apply: 'x' }, 'softmax');
    await refuses('a', { top_k: 0 }, 'top_k');
    await refuses('a', { truncation: 'yes' }, 'truncation');
    await refuses('a', { max_length: '9' }, 'max_length');
  });
});

describe('a model', () => {
  const classify = async (attributes, input, options) => {
    const classifier = await pipeline('text-classification', await tinyModel(attributes));
    try {
      return await classifier(input, options);
    } finally {
      await classifier.dispose();
    }
  };

  test('of one label gives a sigmoid, or the value itself in regression', async () => {
    const [{ score: logit }] = await classify({ num_labels: 1 }, 'A text', {
      function_to_apply: 'none',
    });
    assert.notEqual(logit, 1);
    const [{ score: sigmoid }] = await classify({ num_labels: 1 }, 'A text');
    near(sigmoid, 1 / (1 + Math.exp(-logit)));
    const [{ score: value }] = await classify(
      { num_labels: 1, problem_type: 'regression' },
      'A text',
    );
    near(value, logit);
  });

  test('of several independent labels gives sigmoids', async () => {
    const attributes = { num_labels: 3, problem_type: 'multi_label_classification' };
    const scores = await classify(attributes, 'A text', { top_k: null });
    const sum = scores.reduce((total, { score }) => total + score, 0);
    near(sum, 1.5, 0.1);
  });

  test('reads both texts of a pair', async () => {
    const score = async (input) => (await classify({ num_labels: 1 }, input))[0].score;
    const pair = await score({ text: 'A man eats.', text_pair: 'Someone dines.' });
    assert.notEqual(pair, await score({ text: 'A man eats.', text_pair: 'Nobody dines.' }));
    assert.notEqual(pair, await score('A man eats.'));
    assert.equal(await score({ text: 'A man eats.' }), await score('A man eats.'));
  });

  test('without a trained head is refused', async () => {
    const files = await tinyModel({ num_labels: 4 });
    const options = { num_labels: 3, ignore_mismatched_sizes: true };
    const { warn } = env;
    const warnings = [];
    env.warn = (message) => warnings.push(message);
    try {
      await assert.rejects(
        pipeline('text-classification', files, options),
        error('invalid_argument', 'allow_new_head', 'classifier'),
      );
      const classifier = await pipeline('sentiment-analysis', files, {
        ...options,
        allow_new_head: true,
      });
      assert.equal((await classifier('a', { top_k: null })).length, 3);
      await classifier.dispose();
      await assert.rejects(classifier('a'), error('invalid_argument', 'disposed'));
      await classifier.dispose();
    } finally {
      env.warn = warn;
    }
    assert.match(warnings[0], /classifier\.weight/);
  });
});

test('an unknown task or option is an error', async () => {
  await assert.rejects(pipeline('translation'), error('unsupported', 'translation'));
  await assert.rejects(
    pipeline('text-classification', null, { quantized: true }),
    error('invalid_argument', 'quantized'),
  );
  await assert.rejects(
    pipeline('text-classification', null, { allow_new_head: 1 }),
    error('invalid_argument', 'allow_new_head'),
  );
  env.defaultModel = '/no/such/folder';
  await assert.rejects(pipeline('text-classification'), error('not_found', '/no/such/folder'));
  env.defaultModel = bundled;
  await (await pipeline('text-classification')).dispose();
  env.defaultModel = '';
});
