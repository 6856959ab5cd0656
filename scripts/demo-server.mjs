import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Address → folder; nothing else is served. */
const FOLDERS = [
  ['/dist/', 'web/dist'],
  ['/models/', 'models'],
  ['/', 'web/demo'],
];
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};
/** With these, pages are isolated from other origins, so that memory can be shared by threads. */
export const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/** The path of a request, decoded; null when it is malformed. */
function requestPath(url) {
  try {
    return decodeURIComponent(new URL(url, 'http://localhost').pathname);
  } catch {
    return null;
  }
}

function listen(server, port) {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/**
 * Serves the demo page, the package and the bundled model on the loopback.
 *
 * @param port Taken when it is free, else another one.
 * @param isolated Whether pages may use threads.
 * @param folders More pairs of address and folder: absolute, or of the checkout.
 * @param intercept Called with each request's path and with the request and the response; true when
 *     it answers in the server's place.
 * @returns The page's address and `close()`.
 */
export async function serveDemo({ port = 0, isolated = true, folders = [], intercept } = {}) {
  const served = [...folders, ...FOLDERS];
  const server = createServer(async (request, response) => {
    const path = requestPath(request.url);
    if (path === null) {
      response.writeHead(400).end();
      return;
    }
    if (intercept?.(path, request, response)) return;
    if (!['GET', 'HEAD'].includes(request.method)) {
      response.writeHead(405).end();
      return;
    }
    const [prefix, folder] = served.find(([start]) => path.startsWith(start));
    const rest = normalize(path.slice(prefix.length) || 'index.html');
    const file = join(resolve(root, folder), rest);
    const status = rest.startsWith('..') ? null : await stat(file).catch(() => null);
    if (!status?.isFile()) {
      response.writeHead(404, { 'Content-Type': 'text/plain' }).end('There is no such file.\n');
      return;
    }
    const etag = `"${status.size}-${Math.floor(status.mtimeMs)}"`;
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const partial = from > 0 && from < status.size && request.headers['if-range'] === etag;
    const start = partial ? from : 0;
    response.writeHead(partial ? 206 : 200, {
      'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream',
      'Content-Length': status.size - start,
      'Cache-Control': 'no-cache',
      ETag: etag,
      ...(partial && { 'Content-Range': `bytes ${start}-${status.size - 1}/${status.size}` }),
      ...(isolated && ISOLATION),
    });
    if (request.method === 'HEAD') response.end();
    else createReadStream(file, { start }).pipe(response);
  });
  await listen(server, port).catch((error) => {
    if (error.code !== 'EADDRINUSE' || port === 0) throw error;
    return listen(server, 0);
  });
  return {
    url: `http://localhost:${server.address().port}/`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
