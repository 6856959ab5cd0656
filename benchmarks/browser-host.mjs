// browser-host.mjs BROWSER PEER ROOT…: the process of an engine that runs in a page of "chromium" or
// "firefox". It serves the folders ROOT on the loopback, cross-origin isolated so that threads work,
// and passes requests on to the page. Paths in requests become addresses of this server.
import puppeteer from 'puppeteer-core';
import { ISOLATION, serveDemo } from '../scripts/demo-server.mjs';
import { serveLines } from './lines.mjs';

const [program, peer, ...roots] = process.argv.slice(2);
const PROGRAMS = {
  chromium: {
    browser: 'chrome',
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  },
  firefox: { browser: 'firefox', executablePath: process.env.FIREFOX ?? '/usr/bin/firefox-esr' },
};
const PAGE = `<!doctype html><script type="module">
  import { createHandler } from '/0/benchmarks/handler.mjs';
  window.handle = createHandler(await import('/0/benchmarks/peers/${peer}.mjs'));
</script>`;

const server = await serveDemo({
  folders: roots.map((root, i) => [`/${i}/`, root]),
  intercept(path, _request, response) {
    if (path !== '/') return false;
    response.writeHead(200, { ...ISOLATION, 'Content-Type': 'text/html' }).end(PAGE);
    return true;
  },
});
const address = server.url.replace(/\/$/, '');

/** The same request with the address of every path below a root. */
function withAddresses(value) {
  if (Array.isArray(value)) return value;
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, withAddresses(v)]));
  }
  const root = typeof value === 'string' ? roots.findIndex((r) => value.startsWith(`${r}/`)) : -1;
  return root < 0 ? value : `${address}/${root}${value.slice(roots[root].length)}`;
}

const browser = await puppeteer.launch({ ...PROGRAMS[program], headless: true });
process.on('exit', () => browser.process()?.kill());
const page = await browser.newPage();
page.on('pageerror', (error) => process.stderr.write(`${error.message}\n`));
await page.goto(address);
await page.waitForFunction('window.handle');

serveLines((request) => {
  if (request.op === 'version') return browser.version().then((version) => ({ version }));
  return page.evaluate((given) => window.handle(given), withAddresses(request));
});
