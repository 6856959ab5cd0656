// Serves the demo page and the bundled model on the loopback. `--port N` chooses the port.
import { parseArgs } from 'node:util';
import { serveDemo } from './demo-server.mjs';

const { values } = parseArgs({ options: { port: { type: 'string', default: '8000' } } });
const port = Number(values.port);
if (!Number.isInteger(port) || port < 0 || port > 65535) {
  console.error(`The port "${values.port}" is not a number from 0 to 65535.`);
  process.exit(2);
}
const server = await serveDemo({ port });
console.log(`The demo page: ${server.url}  (Ctrl+C ends it)`);
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void server.close());
