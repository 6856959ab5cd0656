// The instructions of a forward pass, counted by valgrind, against checked-in figures: unlike a time,
// they are the same on every machine with the same compiler. valgrind shows programs a CPU with AVX2
// at most, so these are the kernels of that. VERDICT_UPDATE=1 writes the figures anew.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { makeBatch, padded } from '../../benchmarks/batches.mjs';
import { randomBert } from '../../benchmarks/models.mjs';
import { writeSafetensors } from '../cli/safetensors.mjs';

const root = resolve(import.meta.dirname, '../..');
const program = process.env.VERDICT_NATIVE_PROGRAM ?? join(root, 'build/native/bin/verdict');
const figures = new URL('instructions.json', import.meta.url);
const TOLERANCE = 0.03;

const SHAPES = [
  { dtype: 'f32', batch: '1x16' },
  { dtype: 'f32', batch: '1x128' },
  { dtype: 'q8', batch: '1x128' },
  { dtype: 'f32', batch: 'mixed' },
];

const folder = mkdtempSync(join(tmpdir(), 'verdict-'));
after(() => rmSync(folder, { recursive: true }));

// Two layers of MiniLM's shape: valgrind takes fifty times as long.
const VOCABULARY = 100;
randomBert(folder, {
  hidden_size: 384,
  intermediate_size: 1536,
  num_hidden_layers: 2,
  num_attention_heads: 12,
  vocab_size: VOCABULARY,
});

/** Instructions between the entry and the end of `SequenceClassifier::forward`. */
async function count({ dtype, batch }) {
  const file = (name) => join(folder, `${dtype}-${batch}-${name}`);
  const inputs = file('inputs.safetensors');
  const { dims, tensors } = padded(makeBatch(batch));
  writeSafetensors(
    inputs,
    new Map(
      Object.entries(tensors).map(([name, data]) => [
        name,
        {
          dtype: 'I64',
          shape: dims,
          bytes: new Uint8Array(data.map((id) => id % BigInt(VOCABULARY)).buffer),
        },
      ]),
    ),
  );
  const profile = file('profile');
  await promisify(execFile)('valgrind', [
    '--tool=callgrind',
    '--collect-atstart=no',
    '--toggle-collect=verdict::SequenceClassifier::forward(std::map*',
    `--callgrind-out-file=${profile}`,
    ...[program, 'run', folder, '--inputs', inputs, '--dtype', dtype, '--threads', '1'],
    ...['--outputs', file('outputs.safetensors')],
  ]);
  return Number(/^summary: (\d+)$/m.exec(readFileSync(profile, 'utf8'))[1]);
}

const expected = JSON.parse(readFileSync(figures, 'utf8'));
const counted = {};
describe('instructions', { concurrency: 2 }, () => {
  for (const shape of SHAPES) {
    const name = `${shape.dtype} ${shape.batch}`;
    test(name, async () => {
      counted[name] = await count(shape);
      if (process.env.VERDICT_UPDATE) return;
      const ratio = counted[name] / expected[name];
      assert.ok(
        Math.abs(ratio - 1) <= TOLERANCE,
        `${name} takes ${counted[name]} instructions, ${ratio.toFixed(3)} times the ${expected[name]} ` +
          'of tests/performance/instructions.json. If that is meant, run ' +
          'VERDICT_UPDATE=1 node --test tests/performance/instructions.test.mjs.',
      );
    });
  }
});
after(() => {
  if (!process.env.VERDICT_UPDATE) return;
  writeFileSync(figures, `${JSON.stringify(counted, null, 2)}\n`);
});
