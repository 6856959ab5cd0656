// host.mjs PEER: the process of an engine that runs in Node. Requests and answers are JSON lines.
import { readFileSync, readdirSync } from 'node:fs';
import { createHandler } from './handler.mjs';
import { serveLines } from './lines.mjs';

/** The second number of the kernel's statistics: nanoseconds on the run queue. */
function waits() {
  const waited = {};
  for (const thread of readdirSync('/proc/self/task')) {
    try {
      const statistics = readFileSync(`/proc/self/task/${thread}/schedstat`, 'utf8');
      waited[thread] = Number(statistics.split(' ')[1]) / 1e6;
    } catch {
      // It ended since the folder was read.
    }
  }
  return waited;
}

serveLines(createHandler(await import(`./peers/${process.argv[2]}.mjs`), waits));
