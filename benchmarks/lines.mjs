// JSON lines between the benchmark and the processes of its engines.
import { createInterface } from 'node:readline';

/** Answers the requests on standard input, one by one; ends with it. */
export async function serveLines(handle) {
  for await (const line of createInterface({ input: process.stdin })) {
    let answer;
    try {
      answer = await handle(JSON.parse(line));
    } catch (error) {
      answer = { error: String(error?.stack ?? error) };
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
  process.exit(0);
}
