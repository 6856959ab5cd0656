import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, beforeEach, describe, test } from 'node:test';
import {
  AutoModelForSequenceClassification as AutoModel,
  AutoTokenizer,
  env,
  pipeline,
} from '../../web/dist/index.js';
import { fixture, startHub } from './support/server.mjs';
import { error, evaluate, temporaryFolder, tinyModel } from './support/testing.mjs';

const bert = fixture('models/bert');
const WEIGHTS = 'model.safetensors';
const name = 'org/model';
const input_ids = [[1, 5, 7, 2]];
let hub;
let warnings;

before(async () => {
  hub = await startHub(bert);
});
after(() => hub.close());
beforeEach(async (t) => {
  hub.faults.clear();
  hub.requests.length = 0;
  warnings = [];
  Object.assign(env, {
    remoteHost: hub.url,
    cacheDir: await temporaryFolder(t),
    allowRemoteModels: true,
    useCache: true,
    warn: (message) => warnings.push(message),
  });
  env.wasm.threads = 1;
});

/** Loads, runs once and disposes; gives the logits. */
async function load(source = name, options = {}) {
  const model = await AutoModel.from_pretrained(source, options);
  const { logits } = await model({ input_ids });
  await model.dispose();
  return logits.tolist();
}
const requested = (file) => hub.requests.filter((request) => request.file === file);
/** The names of all files in the cache. */
const cached = async () => {
  const entries = await readdir(env.cacheDir, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
};
/** The sizes of unfinished files in the cache. */
async function partialSizes() {
  const entries = await readdir(env.cacheDir, { recursive: true, withFileTypes: true });
  const partial = entries.filter(({ name: file }) => file.endsWith('.incomplete'));
  const stats = await Promise.all(partial.map((entry) => stat(join(entry.parentPath, entry.name))));
  return stats.map(({ size }) => size);
}
/** Gives the first `size` bytes of a file and closes the connection. */
const breakOff = (size) => (_, response, content) => {
  response.writeHead(200, { ETag: '"tag"', 'Content-Length': content.length });
  response.write(content.subarray(0, size), () => response.destroy());
};

describe('names and addresses', () => {
  test('a name becomes an address by the template', async () => {
    const expected = await load(bert);
    assert.deepEqual(await load(), expected);
    assert.equal(requested('config.json')[0].url, '/org/model/resolve/main/config.json');
    const options = { revision: 'v 1/x', subfolder: 'sub/', token: 'secret' };
    assert.deepEqual(await load(name, options), expected);
    const { url, authorization } = hub.requests.at(-1);
    assert.equal(url, `/org/model/resolve/v%201%2Fx/sub/${WEIGHTS}`);
    assert.equal(authorization, 'Bearer secret');
    const { remotePathTemplate } = env;
    env.remotePathTemplate = '{host}/files/{revision}/{model}/{file}';
    assert.deepEqual(await load('model'), expected);
    env.remotePathTemplate = remotePathTemplate;
    assert.equal(hub.requests.at(-1).url, `/files/main/model/${WEIGHTS}`);
  });

  test('a URL is a folder', async () => {
    assert.deepEqual(await load(`${hub.url}/some/where/`), await load(bert));
    assert.equal(hub.requests[0].url, '/some/where/config.json');
  });

  test('the events of a download', async () => {
    const events = [];
    const progress_callback = (event) => events.push(event);
    await load(name, { progress_callback });
    const of = (file) => events.filter((event) => event.file === file);
    assert.deepEqual(of('config.json')[0], { status: 'initiate', name, file: 'config.json' });
    const weights = of(WEIGHTS);
    const statuses = weights.map(({ status }) => status);
    assert.deepEqual(statuses.slice(0, 3), ['initiate', 'download', 'progress']);
    assert.equal(statuses.at(-1), 'done');
    const { size } = await readFile(join(bert, WEIGHTS)).then(({ length }) => ({ size: length }));
    const last = weights.at(-2);
    assert.deepEqual(last, {
      status: 'progress',
      name,
      file: WEIGHTS,
      progress: 100,
      loaded: size,
      total: size,
    });
    events.length = 0;
    await load(name, { progress_callback });
    assert.deepEqual(
      of(WEIGHTS).map(({ status }) => status),
      ['initiate', 'done'],
    );
  });

  test('a pipeline is ready at the end', async (t) => {
    const folder = await temporaryFolder(t);
    for (const [file, bytes] of Object.entries(await tinyModel())) {
      await writeFile(join(folder, file), bytes);
    }
    const own = await startHub(folder);
    t.after(() => own.close());
    env.remoteHost = own.url;
    const events = [];
    const options = { progress_callback: (event) => events.push(event), token: 'secret' };
    const classifier = await pipeline('text-classification', name, options);
    assert.equal((await classifier('A text')).length, 1);
    await classifier.dispose();
    const ready = { status: 'ready', task: 'text-classification', model: name };
    assert.deepEqual(events.at(-1), ready);
    assert.ok(own.requests.every(({ authorization }) => authorization === 'Bearer secret'));
    // The server has no special_tokens_map.json; without it the cached model still loads.
    assert.equal(own.requests.filter(({ file }) => file === 'special_tokens_map.json').length, 1);
    await own.close();
    const offline = await pipeline('text-classification', name);
    await offline.dispose();
    const tokenizer = await AutoTokenizer.from_pretrained(name, { local_files_only: true });
    await tokenizer.dispose();
    await assert.rejects(AutoTokenizer.from_pretrained('org/other'), error('network', own.url));
  });

  test('redirects tell hash and size, and a token stays with its server', async (t) => {
    const seen = [];
    const store = createServer(async (request, response) => {
      seen.push(request.headers.authorization);
      response.end(await readFile(join(bert, WEIGHTS)));
    });
    await new Promise((resolve) => store.listen(0, '127.0.0.1', resolve));
    t.after(() => store.close());
    const to = (etag) => (_, response, content) =>
      response
        .writeHead(302, {
          Location: `http://127.0.0.1:${store.address().port}/blob`,
          'X-Linked-Etag': `"${etag}"`,
          'X-Linked-Size': content.length,
        })
        .end();
    hub.faults.set(WEIGHTS, to('0'.repeat(64)));
    await assert.rejects(
      load(name, { token: 'secret' }),
      error('corrupt_file', WEIGHTS, 'SHA-256'),
    );
    hub.faults.set(WEIGHTS, to('no hash'));
    assert.equal((await load(name, { token: 'secret' })).length, 1);
    assert.equal(requested(WEIGHTS)[0].authorization, 'Bearer secret');
    assert.deepEqual(seen, [undefined, undefined]);
    hub.faults.set('config.json', (request, response) =>
      response.writeHead(302, { Location: request.url }).end(),
    );
    await assert.rejects(load('org/loop'), error('network', 'redirects'));
  });
});

describe('the cache', () => {
  test('a file is fetched once, and its name holds a whole file only', async () => {
    await load();
    await load();
    assert.equal(requested(WEIGHTS).length, 1);
    assert.deepEqual((await cached()).sort(), ['config.json', WEIGHTS]);
  });

  test('cache_dir is another folder; without a cache nothing is kept', async (t) => {
    const cache_dir = await temporaryFolder(t);
    await load(name, { cache_dir });
    assert.deepEqual(await cached(), []);
    assert.equal((await readdir(cache_dir)).length, 1);
    env.useCache = false;
    await load();
    await load();
    assert.deepEqual(await cached(), []);
    assert.equal(requested(WEIGHTS).length, 3);
  });

  test('loads side by side share a download', async () => {
    await Promise.all([load(), load(), load()]);
    assert.equal(requested(WEIGHTS).length, 1);
  });

  test('local_files_only never asks a server', async () => {
    await assert.rejects(
      load(name, { local_files_only: true }),
      error('not_found', 'config.json', 'local_files_only'),
    );
    assert.equal(hub.requests.length, 0);
    const expected = await load();
    hub.requests.length = 0;
    assert.deepEqual(await load(name, { local_files_only: true }), expected);
    env.allowRemoteModels = false;
    assert.deepEqual(await load(), expected);
    await assert.rejects(load('org/other'), error('not_found', 'allowRemoteModels'));
    assert.equal(hub.requests.length, 0);
  });

  test('a folder that cannot be used: works without a cache and says so', async (t) => {
    const file = join(await temporaryFolder(t), 'file');
    await writeFile(file, '');
    env.cacheDir = join(file, 'cache');
    // The engine keeps its cache, so a new process opens this one.
    const script = `
      import { AutoModelForSequenceClassification as AutoModel, env } from './web/dist/index.js';
      const warnings = [];
      env.warn = (message) => warnings.push(message);
      Object.assign(env, ${JSON.stringify({ remoteHost: hub.url, cacheDir: env.cacheDir })});
      const model = await AutoModel.from_pretrained('${name}');
      console.log(JSON.stringify({ type: model.config.model_type, warnings }));`;
    const { type, warnings: said } = await evaluate(script);
    assert.equal(type, 'bert');
    assert.equal(said.length, 1);
    assert.match(said[0], /not kept/);
  });

  test('a folder that fails later: works without it and says so', async (t) => {
    const cache_dir = await temporaryFolder(t);
    // A file stands where the cache wants a folder for this server.
    await writeFile(join(cache_dir, new URL(hub.url).host.replace(':', '_')), '');
    assert.deepEqual(await load(name, { cache_dir }), await load(bert));
    assert.match(warnings[0], /not kept/);
    await assert.rejects(load(name, { cache_dir, local_files_only: true }), error('not_found'));
  });
});

describe('broken downloads', () => {
  test('one that breaks off is resumed where it stopped', async () => {
    const whole = await readFile(join(bert, WEIGHTS));
    hub.faults.set(WEIGHTS, (request, response, content) => {
      const tag = `"${'x'.repeat(8)}"`;
      const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
      if (!range) {
        response.writeHead(200, { ETag: tag, 'Content-Length': content.length });
        response.write(content.subarray(0, 50_000), () => setTimeout(() => response.destroy(), 50));
        return;
      }
      assert.equal(request.headers['if-range'], tag);
      const begin = Number(range[1]);
      response.writeHead(206, {
        ETag: tag,
        'Content-Length': content.length - begin,
        'Content-Range': `bytes ${begin}-${content.length - 1}/${content.length}`,
      });
      response.end(content.subarray(begin));
    });
    await assert.rejects(load(), error('network', WEIGHTS, `of ${whole.length} bytes`, 'resumes'));
    assert.ok(!(await cached()).includes(WEIGHTS));
    assert.deepEqual(await load(), await load(bert));
    assert.equal(requested(WEIGHTS)[1].range, 'bytes=50000-');
    assert.deepEqual((await cached()).sort(), ['config.json', WEIGHTS]);
  });

  test('the next process resumes what a killed one left', async () => {
    let stall;
    const stalled = new Promise((resolve) => (stall = resolve));
    hub.faults.set(WEIGHTS, (request, response, content) => {
      if (request.headers.range) return true;
      response.writeHead(200, { ETag: '"tag"', 'Content-Length': content.length });
      response.write(content.subarray(0, 40_000), stall);
    });
    const settings = JSON.stringify({ remoteHost: hub.url, cacheDir: env.cacheDir });
    const script = `
      import { AutoModelForSequenceClassification as AutoModel, env } from './web/dist/index.js';
      Object.assign(env, ${settings});
      await AutoModel.from_pretrained('${name}');`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: new URL('../..', import.meta.url),
    });
    const ended = new Promise((resolve) => child.on('close', resolve));
    await Promise.race([stalled, ended]);
    // What was sent has to reach the file.
    const hasAll = async () => (await partialSizes()).includes(40_000);
    while (child.exitCode === null && !(await hasAll())) await sleep(20);
    child.kill('SIGKILL');
    await ended;
    assert.deepEqual(await partialSizes(), [40_000]);
    hub.faults.clear();
    assert.deepEqual(await load(), await load(bert));
    // The server's tag is another one now, so it sends the whole file.
    assert.equal(requested(WEIGHTS)[1].range, 'bytes=40000-');
    assert.deepEqual((await cached()).sort(), ['config.json', WEIGHTS]);
  });

  test('one with a clean but early end is not kept', async () => {
    hub.faults.set(WEIGHTS, (_, response, content) => {
      response.writeHead(200, { ETag: '"tag"', 'X-Linked-Size': content.length });
      response.end(content.subarray(0, 30_000));
    });
    await assert.rejects(load(), error('network', WEIGHTS, '30000 of'));
    assert.ok(!(await cached()).includes(WEIGHTS));
    hub.faults.clear();
    assert.deepEqual(await load(), await load(bert));
  });

  test('one that is too long is not kept', async () => {
    hub.faults.set(WEIGHTS, (_, response, content) => {
      response.writeHead(200, { 'X-Linked-Size': content.length - 1 });
      response.end(content);
    });
    await assert.rejects(load(), error('network', WEIGHTS, 'instead of'));
    assert.deepEqual(await cached(), ['config.json']);
  });

  test('flipped bytes are noticed by the hash', async () => {
    hub.faults.set(WEIGHTS, (_, response, content) => {
      const hash = '1'.repeat(64);
      content[content.length - 1] ^= 1;
      response.writeHead(200, { ETag: `"${hash}"`, 'Content-Length': content.length });
      response.end(content);
    });
    await assert.rejects(load(), error('corrupt_file', WEIGHTS, 'SHA-256'));
    assert.deepEqual(await cached(), ['config.json']);
  });

  test('a resumed file that changed meanwhile is fetched anew', async () => {
    hub.faults.set(WEIGHTS, breakOff(20_000));
    await assert.rejects(load(), error('network', 'resumes'));
    hub.faults.clear();
    assert.deepEqual(await load(), await load(bert));
    hub.faults.set(WEIGHTS, (_, response, content) => {
      response.writeHead(206, { ETag: '"tag"', 'Content-Range': `bytes 5-9/${content.length}` });
      response.end(content.subarray(5, 10));
    });
    await assert.rejects(load('org/other'), error('network', 'another part'));
  });

  test('an early end of the config', async () => {
    hub.faults.set('config.json', breakOff(10));
    await assert.rejects(load(), error('network', 'config.json', 'broke off'));
  });
});

describe('bad answers', () => {
  const answers = (file, status, headers, body) =>
    hub.faults.set(file, (_, response) => response.writeHead(status, headers).end(body));

  test('404, 500, 403', async () => {
    answers('config.json', 404, {}, 'none');
    await assert.rejects(load(), error('not_found', name, 'config.json'));
    answers('config.json', 500, {}, 'oops');
    await assert.rejects(load(), error('network', 'config.json', '500'));
    answers('config.json', 403, {}, 'no');
    await assert.rejects(load(), error('network', '403', 'token'));
    hub.faults.clear();
    answers(WEIGHTS, 404, {}, 'none');
    await assert.rejects(load(), error('not_found', WEIGHTS));
    assert.equal((await cached()).filter((file) => !file.endsWith('.absent')).length, 1);
  });

  test('a web page instead of the file is not kept', async () => {
    answers('config.json', 200, { 'Content-Type': 'text/html; charset=utf-8' }, '<p>Hello');
    await assert.rejects(load(), error('network', 'config.json', 'web page'));
    answers('config.json', 200, { 'Content-Type': 'application/json' }, ' <!doctype html>');
    await assert.rejects(load(), error('network', 'config.json', 'web page'));
    assert.deepEqual(await cached(), []);
  });

  test('nobody answers', async () => {
    env.remoteHost = 'http://127.0.0.1:1';
    await assert.rejects(load(), error('network', '127.0.0.1:1', 'cannot be reached'));
  });
});
