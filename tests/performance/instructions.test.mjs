// The instructions of a forward pass, counted by valgrind, against checked-in figures: unlike a time,
// they are the same on every machine with the same compiler. valgrind shows programs a CPU with AVX2
// at most, so these are the kernels of that. VERDICT_UPDATE=1 writes the figures anew.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { makeBatch, padded } from '../../benchmarks/batches.mjs';
import { writeSafetensors } from '../cli/safetensors.mjs';

const root = resolve(import.meta.dirname, '../..');
const program = process.env.VERDICT_NATIVE_PROGRAM ?? join(root, 'build/native/bin/verdict');
const model = join(root, 'models/verdict-sentiment-en');
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

/** Instructions between the entry and the end of `SequenceClassifier::forward`. */
function count({ dtype, batch }) {
  const inputs = join(folder, 'inputs.safetensors');
  const { dims, tensors } = padded(makeBatch(batch));
  writeSafetensors(
    inputs,
    Object.entries(tensors).map(([name, data]) => [
      name,
      { dtype: 'I64', shape: dims, bytes: new Uint8Array(data.buffer) },
    ]),
  );
  const profile = join(folder, 'profile');
  const { status, stderr } = spawnSync(
    'valgrind',
    [
      '--tool=callgrind',
      '--collect-atstart=no',
      '--toggle-collect=verdict::SequenceClassifier::forward(std::map*',
      `--callgrind-out-file=${profile}`,
      ...[program, 'run', model, '--inputs', inputs, '--dtype', dtype, '--threads', '1'],
      ...['--outputs', join(folder, 'outputs.safetensors')],
    ],
    { encoding: 'utf8' },
  );
  assert.equal(status, 0, stderr);
  return Number(/^summary: (\d+)$/m.exec(readFileSync(profile, 'utf8'))[1]);
}

const expected = JSON.parse(readFileSync(figures, 'utf8'));
const counted = {};
for (const shape of SHAPES) {
  const name = `${shape.dtype} ${shape.batch}`;
  test(`instructions of ${name}`, () => {
    counted[name] = count(shape);
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
after(() => {
  if (!process.env.VERDICT_UPDATE) return;
  writeFileSync(figures, `${JSON.stringify(counted, null, 2)}\n`);
});
