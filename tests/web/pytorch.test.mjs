import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  AutoModelForSequenceClassification as AutoModel,
  Tensor,
  env,
} from '../../web/dist/index.js';
import { readSafetensors } from './support/safetensors.mjs';
import { fixture, startHub } from './support/server.mjs';
import { error, readFiles, temporaryFolder } from './support/testing.mjs';

env.wasm.threads = 1;

const root = fixture('checkpoints/pytorch');
const folders = await readdir(root);
const hostile = fixture('checkpoints/pytorch_hostile');

/** Loads a model and compares its logits with the folder's. */
async function expectAnswers(folder, source, options = {}) {
  const model = await AutoModel.from_pretrained(source, options);
  try {
    const inputs = {};
    const given = readSafetensors(join(folder, 'inputs.safetensors'));
    for (const [name, { dims, data }] of Object.entries(given)) {
      if (name.startsWith('single.')) continue;
      inputs[name] = new Tensor('int64', BigInt64Array.from(data, BigInt), dims);
    }
    const { logits } = await model(inputs);
    const expected = readSafetensors(join(folder, 'expected.safetensors')).logits;
    assert.deepEqual(logits.dims, expected.dims);
    for (const [i, value] of expected.data.entries()) {
      const difference = Math.abs(logits.data[i] - value);
      assert.ok(difference <= 1e-5 + 1e-4 * Math.abs(value), `${i}: ${logits.data[i]} / ${value}`);
    }
  } finally {
    await model.dispose();
  }
}

for (const name of folders) {
  const folder = join(root, name);
  test(`${name} loads from a folder, from files in memory and by its name`, async (t) => {
    await expectAnswers(folder, folder);
    await expectAnswers(folder, await readFiles(folder, await readdir(folder)));
    const hub = await startHub(folder);
    t.after(() => hub.close());
    await expectAnswers(folder, `${hub.url}/org/model/resolve/main`, {
      cache_dir: await temporaryFolder(t),
    });
  });
}

test('a file that is no state dict is refused by its name', async () => {
  const { 'config.json': config } = await readFiles(fixture('models/bert'), ['config.json']);
  const refuses = async (file, code, reason) => {
    const { [file]: weights } = await readFiles(hostile, [file]);
    await assert.rejects(
      AutoModel.from_pretrained({ 'config.json': config, 'pytorch_model.bin': weights }),
      error(code, 'pytorch_model.bin', reason),
    );
  };
  await refuses('global_os_system.bin', 'unsupported', 'os.system');
  await refuses('nested_dict.bin', 'unsupported', 'model');
  await refuses('lfs_pointer.bin', 'corrupt_file', 'Git LFS');
});
