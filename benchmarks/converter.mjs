// node benchmarks/converter.mjs [RUNS]: how long verdict-convert takes for a BERT-base in TensorFlow 1's,
// Keras' and PyTorch's files, beside dd, which copies the same bytes in blocks of 1 MiB with fsync; and
// the converter's peak memory. Needs the native build and what setup.sh installs. Files lie in the page
// cache; runs alternate.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { writePytorchZip, writeTensorBundle } from './checkpoints.mjs';
import { bertParameters, prepareModel } from './models.mjs';
import { openSafetensors } from './safetensors.mjs';
import { median, round, timesFaster } from './statistics.mjs';

const runs = Number(process.argv[2] ?? 10);
if (!Number.isInteger(runs) || runs < 1) {
  console.error(`error: RUNS is "${process.argv[2]}"; a whole number from 1 on was expected.`);
  process.exit(2);
}
const root = new URL('..', import.meta.url).pathname;
const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'verdict/benchmarks');
const model = prepareModel('bert-base', cache);
const config = join(model.folder, 'config.json');
const parameters = bertParameters(JSON.parse(readFileSync(config, 'utf8')));
const program = join(root, 'build/native/bin/verdict-convert');

function must(command, args) {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} failed: ${error?.message ?? stderr}`);
}

/** Makes a folder's files unless they are there. */
function prepare(name, write) {
  const folder = join(model.folder, name);
  if (existsSync(folder)) return folder;
  const partial = `${folder}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial);
  write(partial);
  must('cp', [config, partial]);
  must('mv', [partial, folder]);
  return folder;
}
const weights = openSafetensors(join(model.folder, 'model.safetensors'));
const inputs = {
  'TensorFlow 1': prepare('tf1', (folder) =>
    writeTensorBundle(join(folder, 'bert_model.ckpt'), parameters, weights.get),
  ),
  'Keras h5': prepare('h5', (folder) =>
    must(join(cache, 'python/bin/python'), [
      join(root, 'benchmarks/keras_h5.py'),
      model.folder,
      join(folder, 'tf_model.h5'),
    ]),
  ),
  'PyTorch .bin': prepare('pytorch', (folder) =>
    writePytorchZip(join(folder, 'pytorch_model.bin'), parameters, weights.get),
  ),
};

/** Runs a program; gives milliseconds and the largest resident size that was seen, in bytes. */
function run(command, args) {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let peak = 0;
    let errors = '';
    child.stderr.on('data', (text) => (errors += text));
    const watch = setInterval(() => {
      try {
        const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
        peak = Math.max(peak, 1024 * Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0));
      } catch {
        // It has just ended.
      }
    }, 2);
    child.on('error', reject);
    child.on('exit', (code) => {
      const ms = performance.now() - start;
      clearInterval(watch);
      if (code === 0) resolve({ ms, peak });
      else reject(new Error(`${command} ${args.join(' ')} failed: ${errors}`));
    });
  });
}

const output = join(model.folder, 'converted');
const copied = join(model.folder, 'copied');
const clear = () => {
  for (const path of [output, copied]) rmSync(path, { recursive: true, force: true });
};
for (const [kind, folder] of Object.entries(inputs)) {
  const largest = readdirSync(folder)
    .map((name) => join(folder, name))
    .reduce((a, b) => (statSync(a).size > statSync(b).size ? a : b));
  const times = { copy: [], convert: [] };
  let peak = 0;
  // The first turn only brings the files into the page cache.
  for (let turn = 0; turn <= runs; ++turn) {
    clear();
    const copy = await run('dd', [`if=${largest}`, `of=${copied}`, 'bs=1M', 'conv=fsync']);
    clear();
    const convert = await run(program, [folder, output]);
    if (turn === 0) continue;
    times.copy.push(copy.ms);
    times.convert.push(convert.ms);
    peak = Math.max(peak, convert.peak);
  }
  clear();
  const [ours, theirs] = [times.convert, times.copy].map((ms) => round(median(ms)));
  console.log(
    `${kind}: ${(statSync(largest).size / 1e6).toFixed(0)} MB, verdict-convert ${ours} ms ` +
      `(${round(Math.min(...times.convert))}…${round(Math.max(...times.convert))}), dd ${theirs} ms ` +
      `(${round(Math.min(...times.copy))}…${round(Math.max(...times.copy))}), speed ` +
      `${(100 * timesFaster(times.convert, times.copy)).toFixed(0)} % of the copy's, peak memory ` +
      `${(peak / 1e6).toFixed(0)} MB`,
  );
}
weights.close();
