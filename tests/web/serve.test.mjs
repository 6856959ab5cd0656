// The server of `npm start` and of the browser tests.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { serveDemo } from '../../scripts/demo-server.mjs';
import { root } from './support/server.mjs';

const config = 'models/verdict-sentiment-en/config.json';

describe('the server', () => {
  let server;
  before(async () => {
    server = await serveDemo();
  });
  after(() => server.close());

  /** The answer to a path as it stands, which `fetch` would normalise. */
  const get = async (path, headers = {}, method = 'GET') => {
    const asked = request(new URL(server.url), { path, headers, method, agent: false });
    asked.end();
    const [response] = await once(asked, 'response');
    const chunks = await response.toArray();
    return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) };
  };

  test('gives the page, the model and nothing else', async () => {
    const page = await get('/');
    assert.match(page.headers['content-type'], /^text\/html/);
    assert.deepEqual(page.body, readFileSync(join(root, 'web/demo/index.html')));
    assert.equal(page.headers['cross-origin-opener-policy'], 'same-origin');
    assert.equal(page.headers['cross-origin-embedder-policy'], 'require-corp');
    assert.deepEqual((await get(`/${config}`)).body, readFileSync(join(root, config)));
    for (const path of [
      '/package.json',
      '/dist/../../package.json',
      '/dist/%2e%2e%2f%2e%2e%2fpackage.json',
      '/models/',
      '/models/%00',
    ]) {
      assert.equal((await get(path)).status, 404, path);
    }
    assert.equal((await get('/%E0%A4%A')).status, 400);
    assert.equal((await get('/', {}, 'POST')).status, 405);
    const head = await get(`/${config}`, {}, 'HEAD');
    assert.equal(head.body.length, 0);
    assert.equal(Number(head.headers['content-length']), readFileSync(join(root, config)).length);
  });

  test('continues a file that has not changed', async () => {
    const whole = await get(`/${config}`);
    const { etag } = whole.headers;
    const rest = await get(`/${config}`, { Range: 'bytes=100-', 'If-Range': etag });
    assert.equal(rest.status, 206);
    assert.deepEqual(rest.body, whole.body.subarray(100));
    const size = whole.body.length;
    assert.equal(rest.headers['content-range'], `bytes 100-${size - 1}/${size}`);
    const changed = await get(`/${config}`, { Range: 'bytes=100-', 'If-Range': '"other"' });
    assert.equal(changed.status, 200);
    assert.deepEqual(changed.body, whole.body);
  });
});

test('the command says its address, takes a free port and ends at Ctrl+C', async () => {
  const start = async (...options) => {
    const child = spawn(process.execPath, [join(root, 'scripts/serve.mjs'), ...options]);
    const [line] = await once(createInterface(child.stdout), 'line');
    return { child, url: /http:\/\/localhost:\d+\//.exec(line)[0] };
  };
  const first = await start('--port', '0');
  const second = await start('--port', new URL(first.url).port);
  assert.notEqual(second.url, first.url);
  for (const { child, url } of [first, second]) {
    assert.equal((await fetch(url)).status, 200);
    child.kill('SIGINT');
    assert.deepEqual(await once(child, 'exit'), [0, null]);
  }
  const wrong = spawn(process.execPath, [join(root, 'scripts/serve.mjs'), '--port', 'eighty']);
  assert.deepEqual(await once(wrong, 'exit'), [2, null]);
});
