// The programs under test: the native build and the package's bin on WebAssembly, which are one
// program. VERDICT_PROGRAMS chooses ("native", "wasm" or both, with a comma between); without it, all
// that are built. VERDICT_NATIVE_PROGRAM names a native program elsewhere.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

const known = [
  {
    name: 'native',
    file: process.env.VERDICT_NATIVE_PROGRAM ?? join(root, 'build/native/bin/verdict'),
  },
  { name: 'wasm', file: join(root, 'web/dist/bin/verdict.js') },
].map((program) => ({
  ...program,
  command: program.name === 'wasm' ? [process.execPath, program.file] : [program.file],
}));

const wanted = process.env.VERDICT_PROGRAMS?.split(',');
export const programs = known.filter(
  ({ name, file }) => wanted?.includes(name) ?? existsSync(file),
);
for (const { name, file } of programs) {
  if (!existsSync(file)) throw new Error(`The ${name} program is not built: ${file}`);
}
if (programs.length === 0) throw new Error('No program is built; see scripts/build.sh.');

/** Peak resident memory of a running process in MiB, as Linux counts it. */
function peakMemory(pid) {
  const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return peak ? Number(peak[1]) / 1024 : 0;
}

/**
 * Runs a program to its end. `input` is a text, or an iterable of chunks that are written as the
 * program takes them. `closeAfter` closes the reading end after so many bytes of output; `keep: false`
 * counts the lines of the output and forgets them.
 */
export async function run(
  program,
  args,
  { input = '', closeAfter, keep = true, stdout = 'pipe' } = {},
) {
  const [command, ...first] = program.command;
  const child = spawn(command, [...first, ...args], {
    stdio: ['pipe', stdout, 'pipe'],
    // A sanitizer keeps freed memory for a while; that is no leak of ours.
    env: { ...process.env, ASAN_OPTIONS: 'quarantine_size_mb=1' },
  });
  const result = { stdout: '', stderr: '', lines: 0, peak: 0 };
  let received = 0;
  const output = new Promise((resolve) => child.stdout?.once('data', resolve));
  child.stdout?.setEncoding('utf8').on('data', (chunk) => {
    received += chunk.length;
    for (let at = chunk.indexOf('\n'); at >= 0; at = chunk.indexOf('\n', at + 1)) ++result.lines;
    if (keep) result.stdout += chunk;
    if (received >= closeAfter) child.stdout.destroy();
  });
  child.stderr.setEncoding('utf8').on('data', (chunk) => (result.stderr += chunk));
  child.stdin.on('error', () => {}); // a program that ends early reads no more
  const measure = () => {
    try {
      result.peak = Math.max(result.peak, peakMemory(child.pid));
    } catch {
      clearInterval(watch); // the process is gone
    }
  };
  const watch = setInterval(measure, 20);
  const ended = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal }));
  });
  for (const chunk of typeof input === 'string' ? [input] : input) {
    if (child.exitCode !== null || child.signalCode !== null) break;
    if (child.stdin.write(chunk)) continue;
    await Promise.race([new Promise((resolve) => child.stdin.once('drain', resolve)), ended]);
  }
  // Peaks are compared between programs that have begun their work.
  if (!keep) await Promise.race([output, ended]);
  measure(); // it still waits for the end of its input
  child.stdin.end();
  Object.assign(result, await ended);
  clearInterval(watch);
  return result;
}
