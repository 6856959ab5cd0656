import assert from 'node:assert/strict';
import { test } from 'node:test';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { AutoConfig, env } from '../../web/dist/index.js';
import { fixture, startHub } from './support/server.mjs';
import { error, readFiles, temporaryFolder } from './support/testing.mjs';

env.wasm.threads = 1;
const bert = fixture('models/bert');

test('a config comes from a folder, files, the path or URL of a JSON file, a URL and a name', async (t) => {
  const hub = await startHub(bert);
  t.after(() => hub.close());
  env.remoteHost = hub.url;
  env.cacheDir = await temporaryFolder(t);
  const folder = `${hub.url}/org/model/resolve/main`;
  for (const source of [
    bert,
    pathToFileURL(bert).href,
    join(bert, 'config.json'),
    pathToFileURL(join(bert, 'config.json')).href,
    await readFiles(bert, ['config.json']),
    folder,
    `${folder}/config.json`,
    'org/model',
  ]) {
    const config = await AutoConfig.from_pretrained(source);
    assert.equal(config.model_type, 'bert');
    assert.equal(config.get('hidden_size'), 32);
    assert.equal(config.num_labels, 3);
    assert.deepEqual(config.label2id, { LABEL_0: 0, LABEL_1: 1, LABEL_2: 2 });
    assert.equal(config.problem_type, null);
  }
});

test('attributes override the file', async () => {
  const config = await AutoConfig.from_pretrained(bert, {
    id2label: { 0: 'no', 1: 'yes' },
    output_attentions: true,
    problem_type: 'multi_label_classification',
  });
  assert.deepEqual(config.id2label, { 0: 'no', 1: 'yes' });
  assert.equal(config.get('output_attentions'), true);
  assert.equal(config.problem_type, 'multi_label_classification');
  assert.equal(config.toJSON().model_type, 'bert');
});

test('what is no config is an error', async () => {
  const given = (text) => ({ 'config.json': new TextEncoder().encode(text) });
  const refuses = (source, code, ...parts) =>
    assert.rejects(AutoConfig.from_pretrained(source), error(code, ...parts));
  assert.throws(() => new AutoConfig(), error('invalid_argument', 'from_pretrained'));
  await refuses({}, 'not_found', 'config.json');
  await refuses(given('{"model_type": '), 'corrupt_file', 'config.json');
  await refuses(given('[]'), 'corrupt_file', 'config.json');
  await refuses(join(bert, 'none.json'), 'not_found', 'none.json');
  await refuses('../outside', 'not_found', '../outside');
  await refuses('a/b/c', 'not_found', 'a/b/c');
  await refuses(undefined, 'invalid_argument', 'undefined');
  await refuses(null, 'invalid_argument', 'null');
  await refuses({ 'config.json': '{}' }, 'invalid_argument', 'config.json', 'Blob');
  await assert.rejects(
    AutoConfig.from_pretrained(bert, { hiden_size: 4 }),
    error('invalid_argument', 'hiden_size'),
  );
  await assert.rejects(
    AutoConfig.from_pretrained(bert, { local_files_only: 'yes' }),
    error('invalid_argument', 'local_files_only'),
  );
});
