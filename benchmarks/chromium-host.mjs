// chromium-host.mjs PEER ROOT…: the process of an engine that runs in a page of Chromium. It serves
// the folders ROOT on the loopback, cross-origin isolated so that threads work, and passes requests
// on to the page. Paths in requests become addresses of this server.
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { join, normalize } from 'node:path';
import puppeteer from 'puppeteer-core';
import { serveLines } from './lines.mjs';

const [peer, ...roots] = process.argv.slice(2);
const TYPES = { mjs: 'text/javascript', js: 'text/javascript', wasm: 'application/wasm' };
const PAGE = `<!doctype html><script type="module">
  import { createHandler } from '/0/benchmarks/handler.mjs';
  window.handle = createHandler(await import('/0/benchmarks/peers/${peer}.mjs'));
</script>`;

const server = createServer((request, response) => {
  const headers = {
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Embedder-Policy': 'require-corp',
  };
  const path = decodeURIComponent(new URL(request.url, 'http://localhost').pathname);
  if (path === '/') {
    response.writeHead(200, { ...headers, 'Content-Type': 'text/html' }).end(PAGE);
    return;
  }
  const [, root, rest] = /^\/(\d+)(\/.*)$/.exec(path) ?? [];
  const file = roots[root] && join(roots[root], normalize(rest));
  const size = file && statSync(file, { throwIfNoEntry: false })?.size;
  if (size === undefined) {
    response.writeHead(404, headers).end();
    return;
  }
  const type = TYPES[file.split('.').pop()] ?? 'application/octet-stream';
  response.writeHead(200, { ...headers, 'Content-Type': type, 'Content-Length': size });
  createReadStream(file).pipe(response);
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const address = `http://127.0.0.1:${server.address().port}`;

/** The same request with the address of every path below a root. */
function withAddresses(value) {
  if (Array.isArray(value)) return value;
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, withAddresses(v)]));
  }
  const root = typeof value === 'string' ? roots.findIndex((r) => value.startsWith(`${r}/`)) : -1;
  return root < 0 ? value : `${address}/${root}${value.slice(roots[root].length)}`;
}

const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  args: ['--no-sandbox'],
});
process.on('exit', () => browser.process()?.kill());
const page = await browser.newPage();
page.on('pageerror', (error) => process.stderr.write(`${error.message}\n`));
await page.goto(address);
await page.waitForFunction('window.handle');

serveLines((request) => {
  if (request.op === 'version') return browser.version().then((version) => ({ version }));
  return page.evaluate((given) => window.handle(given), withAddresses(request));
});
