// from_tf and from_flax: Node runs the native converter into the cache.
import assert from 'node:assert/strict';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import {
  AutoConfig,
  AutoModelForSequenceClassification as AutoModel,
} from '../../web/dist/index.js';
import { fixture, root } from './support/server.mjs';
import { elements, error, parseSafetensors, temporaryFolder } from './support/testing.mjs';

const program = process.env.VERDICT_CONVERT ?? join(root, 'build/native/bin/verdict-convert');

before(() => {
  assert.ok(existsSync(program), `${program} is not built; see scripts/build.sh.`);
  process.env.VERDICT_CONVERT = program;
});

/** The first folder of a kind whose checkpoint holds a head. */
function folderOf(kind) {
  const folders = readdirSync(fixture(`checkpoints/${kind}`)).sort();
  for (const name of folders) {
    const path = fixture(`checkpoints/${kind}/${name}`);
    if (!existsSync(join(path, 'expected.safetensors'))) continue;
    return path;
  }
  throw new Error(`There is no folder of the kind ${kind}.`);
}

const tensorsOf = async (folder, file) => parseSafetensors(await readFile(join(folder, file)));

/** Compares the logits of a model with its folder's. */
async function expectAnswers(folder, model) {
  const inputs = await tensorsOf(folder, 'inputs.safetensors');
  const expected = await tensorsOf(folder, 'expected.safetensors');
  const arguments_ = Object.fromEntries(
    Object.entries(inputs)
      .filter(([name]) => !name.includes('.'))
      .map(([name, tensor]) => {
        const values = elements(tensor);
        const width = tensor.shape[1];
        const rows = Array.from({ length: tensor.shape[0] }, (_, row) =>
          Array.from(values.slice(row * width, (row + 1) * width), Number),
        );
        return [name, rows];
      }),
  );
  const { logits } = await model.forward(arguments_);
  const wanted = elements(expected.logits);
  assert.equal(logits.data.length, wanted.length);
  for (const [i, value] of wanted.entries()) {
    assert.ok(Math.abs(logits.data[i] - value) <= 1e-5 + 1e-4 * Math.abs(value), `logit ${i}`);
  }
}

for (const [kind, options] of [
  ['h5', { from_tf: true }],
  ['flax', { from_flax: true }],
]) {
  test(`a folder of the kind ${kind}`, async (t) => {
    const cache_dir = await temporaryFolder(t);
    const folder = folderOf(kind);
    for (let i = 0; i < 2; ++i) {
      const model = await AutoModel.from_pretrained(folder, { ...options, cache_dir });
      await expectAnswers(folder, model);
      await model.dispose();
      const [name, ...others] = await readdir(join(cache_dir, 'converted'));
      assert.deepEqual(others, []);
      assert.match(name, /^[0-9a-f]{40}$/);
    }
  });
}

test('the content is the key', async (t) => {
  const cache_dir = await temporaryFolder(t);
  const folder = join(await temporaryFolder(t), 'model');
  await cp(folderOf('h5'), folder, { recursive: true });
  const load = async (options) => {
    const model = await AutoModel.from_pretrained(folder, { from_tf: true, cache_dir, ...options });
    await model.dispose();
    return (await readdir(join(cache_dir, 'converted'))).length;
  };
  assert.equal(await load(), 1);
  // Elsewhere, but the same.
  const other = join(await temporaryFolder(t), 'other');
  await cp(folder, other, { recursive: true });
  const copy = await AutoModel.from_pretrained(other, { from_tf: true, cache_dir });
  await copy.dispose();
  assert.equal(await load(), 1);
  // The same weights with another config.
  const config = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8'));
  await writeFile(join(folder, 'config.json'), JSON.stringify({ ...config, note: 1 }));
  assert.equal(await load(), 2);
  assert.equal(await load({ config: await AutoConfig.from_pretrained(folder) }), 3);
});

test('a TensorFlow 1 checkpoint by its index, with a config', async (t) => {
  const cache_dir = await temporaryFolder(t);
  const folder = fixture('checkpoints/tf1');
  const name = readdirSync(folder).find((entry) => entry.startsWith('bert__classifier'));
  const path = join(folder, name);
  const index = readdirSync(path).find((entry) => entry.endsWith('.index'));
  const config = await AutoConfig.from_pretrained(join(path, 'config.json'));
  for (const file of [index, index.slice(0, -'.index'.length)]) {
    const options = { from_tf: true, config, cache_dir };
    const model = await AutoModel.from_pretrained(join(path, file), options);
    assert.deepEqual(model.load_report.missing_keys, []);
    await expectAnswers(path, model);
    await model.dispose();
  }
});

test('what cannot be converted', async (t) => {
  const cache_dir = await temporaryFolder(t);
  const refuses = (source, options, code, ...parts) =>
    assert.rejects(
      AutoModel.from_pretrained(source, { cache_dir, ...options }),
      error(code, ...parts),
    );
  const bert = fixture('models/bert');
  await refuses(bert, { from_tf: true }, 'invalid_argument', 'model.safetensors', 'from_tf out');
  await refuses(bert, { from_flax: true }, 'not_found', 'flax_model.msgpack');
  await refuses('org/model', { from_tf: true }, 'not_found', 'org/model', 'download');
  await refuses({ 'config.json': new Uint8Array() }, { from_tf: true }, 'unsupported', 'on disk');

  const folder = join(await temporaryFolder(t), 'model');
  await cp(folderOf('h5'), folder, { recursive: true });
  const weights = join(folder, 'tf_model.h5');
  const config = await readFile(join(folder, 'config.json'));
  await rm(join(folder, 'config.json'));
  await refuses(folder, { from_tf: true }, 'not_found', 'config');
  await writeFile(join(folder, 'config.json'), config);
  await writeFile(weights, (await readFile(weights)).subarray(0, 1000));
  await refuses(folder, { from_tf: true }, 'corrupt_file', 'tf_model.h5');

  t.after(() => (process.env.VERDICT_CONVERT = program));
  process.env.VERDICT_CONVERT = join(root, 'no-such-program');
  await refuses(folder, { from_tf: true }, 'unsupported', 'no-such-program', 'VERDICT_CONVERT');
  // Nothing is left of all this.
  await mkdir(join(cache_dir, 'converted'), { recursive: true });
  assert.deepEqual(await readdir(join(cache_dir, 'converted')), []);
});
