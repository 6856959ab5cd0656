// host.mjs PEER: the process of an engine that runs in Node. Requests and answers are JSON lines.
import { readFileSync, readdirSync } from 'node:fs';
import { createHandler } from './handler.mjs';
import { serveLines } from './lines.mjs';

const peer = await import(`./peers/${process.argv[2]}.mjs`);

/**
 * The second number of the kernel's statistics, nanoseconds on the run queue: of this thread, or of
 * all where the peer works in another one.
 */
function waits() {
  const threads = peer.worksInPool ? readdirSync('/proc/self/task') : [process.pid];
  const waited = {};
  for (const thread of threads) {
    try {
      const statistics = readFileSync(`/proc/self/task/${thread}/schedstat`, 'utf8');
      waited[thread] = Number(statistics.split(' ')[1]) / 1e6;
    } catch {
      // It ended since the folder was read.
    }
  }
  return waited;
}

serveLines(createHandler(peer, waits));
