// Serves the demo page and the bundled model on the loopback. `--port N` chooses the port.
import { serveDemo } from './demo-server.mjs';

const at = process.argv.indexOf('--port');
const port = at < 0 ? 8000 : Number(process.argv[at + 1]);
const server = await serveDemo(port).catch(async (error) => {
  if (error.code !== 'EADDRINUSE') throw error;
  return serveDemo(0);
});
console.log(`The demo page: http://localhost:${server.address().port}/  (Ctrl+C ends it)`);
