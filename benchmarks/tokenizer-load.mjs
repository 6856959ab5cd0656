// node benchmarks/tokenizer-load.mjs: how long the package takes until a tokenizer.json is ready, and
// how much memory of WebAssembly it needs, beside JSON.parse of the same file in the same process.
// Needs a built package. Times are the least of several runs.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { largeTokenizer } from './vocabulary.mjs';

const root = new URL('..', import.meta.url).pathname;
const RUNS = 8;

/** The memory of the last module; every load has a new one. */
let memory;
let initial;
const instantiate = WebAssembly.instantiate;
WebAssembly.instantiate = async (...args) => {
  const result = await instantiate(...args);
  const { exports } = result.instance ?? result;
  memory = Object.values(exports).find((item) => item instanceof WebAssembly.Memory);
  initial = memory.buffer.byteLength;
  return result;
};

const { AutoTokenizer, env } = await import(join(root, 'web/dist/index.js'));
Object.assign(env.wasm, { threads: 1, variant: 'simd' });

async function least(call) {
  let best = Infinity;
  for (let run = 0; run < RUNS; ++run) {
    const start = performance.now();
    await call();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

async function load(bytes) {
  const tokenizer = await AutoTokenizer.from_pretrained({ 'tokenizer.json': bytes });
  await tokenizer.dispose();
}

const bundled = new Uint8Array(
  readFileSync(join(root, 'models/verdict-sentiment-en/tokenizer.json')),
);
const large = new TextEncoder().encode(JSON.stringify(largeTokenizer(), null, 2));

for (const [name, bytes] of [
  ['WordPiece, 30522 tokens', bundled],
  ['BPE, 262144 tokens', large],
]) {
  const text = new TextDecoder().decode(bytes);
  const loaded = await least(() => load(bytes));
  const parsed = await least(() => JSON.parse(text));
  console.log(
    `${name}, ${(bytes.length / 1e6).toFixed(1)} MB: ready in ${loaded.toFixed(0)} ms, ` +
      `JSON.parse ${parsed.toFixed(0)} ms, ratio ${(loaded / parsed).toFixed(2)}, memory grown by ` +
      `${((memory.buffer.byteLength - initial) / bytes.length).toFixed(2)} times the file`,
  );
}
