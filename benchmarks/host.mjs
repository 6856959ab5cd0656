// host.mjs PEER: the process of an engine that runs in Node. Requests and answers are JSON lines.
import { serveLines } from './lines.mjs';
import { createHandler } from './handler.mjs';

serveLines(createHandler(await import(`./peers/${process.argv[2]}.mjs`)));
