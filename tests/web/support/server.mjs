import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../..', import.meta.url));
export const fixture = (path) => join(root, 'tests/fixtures', path);

/**
 * A hub on the loopback: `/org/model/resolve/main/FILE` gives the file of a folder, with the headers
 * that hubs give. `faults` maps a file's name to a function that answers in its place; it may give
 * true to leave the answer to the server.
 */
export async function startHub(folder) {
  const requests = [];
  const faults = new Map();
  const server = createServer(async (request, response) => {
    const file = decodeURIComponent(request.url.split('/').pop());
    const { range, authorization } = request.headers;
    requests.push({ url: request.url, file, range, authorization });
    const content = await readFile(join(folder, file)).catch(() => null);
    const fault = faults.get(file);
    if (fault && fault(request, response, content) !== true) return;
    if (!content) {
      response.writeHead(404).end('Entry not found');
      return;
    }
    const hash = createHash('sha256').update(content).digest('hex');
    const headers = {
      ETag: `"${hash}"`,
      'X-Repo-Commit': 'c'.repeat(40),
      'Access-Control-Allow-Origin': '*',
    };
    const begin = /^bytes=(\d+)-$/.exec(range ?? '')?.[1];
    if (begin !== undefined && request.headers['if-range'] === `"${hash}"`) {
      const rest = content.subarray(Number(begin));
      headers['Content-Range'] = `bytes ${begin}-${content.length - 1}/${content.length}`;
      response.writeHead(206, { ...headers, 'Content-Length': rest.length }).end(rest);
    } else {
      response.writeHead(200, { ...headers, 'Content-Length': content.length }).end(content);
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    requests,
    faults,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
