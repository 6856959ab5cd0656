// The command line: every case through the native program and through the package's bin.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { cases } from './cases.mjs';
import { scratch, tiny, wordsOnly } from './models.mjs';
import { programs, run } from './programs.mjs';
import { readSafetensors } from './safetensors.mjs';

const linesOf = (text) => text.split('\n').slice(0, -1);

/** The fixtures' one rule of equality, where the mask of the token (of the query) is 1. */
function expectTensors({ file, expected, names, mask, count }) {
  const actual = readSafetensors(file);
  assert.equal(actual.size, count, [...actual.keys()].join());
  const reference = readSafetensors(expected);
  const masks = mask && readSafetensors(mask[0]).get(mask[1]);
  for (const name of names) {
    const [ours, theirs] = Array.isArray(name) ? name : [name, name];
    const { shape, values } = reference.get(theirs);
    assert.deepEqual(actual.get(ours)?.shape, shape, ours);
    const states = shape.length > 2;
    const width = shape.at(-2);
    const row = values.length / shape[0];
    const largest = states ? Math.max(1, ...values.map(Math.abs)) : 1;
    values.forEach((value, i) => {
      const token = Math.floor(i / row) * width + (Math.floor(i / shape.at(-1)) % width);
      if (states && masks && masks.values[token] === 0) return;
      const difference = Math.abs(actual.get(ours).values[i] - value);
      assert.ok(
        difference <= 1e-5 * largest + 1e-4 * Math.abs(value),
        `${ours}[${i}]: ${difference}`,
      );
    });
  }
}

function expectCase(expected, result) {
  const { code = 0, stdout, lines, out = [], json, err = [], tensors, absent } = expected;
  assert.equal(result.code, code, result.stderr);
  if (stdout instanceof RegExp) assert.match(result.stdout, stdout);
  else if (stdout !== undefined) assert.equal(result.stdout, stdout);
  for (const part of out) assert.ok(result.stdout.includes(part), `${part} in ${result.stdout}`);
  if (lines) {
    const actual = linesOf(result.stdout);
    assert.equal(actual.length, lines.length, result.stdout);
    lines.forEach((pattern, i) => assert.match(actual[i], pattern));
  }
  if (json) {
    const rows = result.stdout.startsWith('{\n')
      ? []
      : linesOf(result.stdout).map((line) => JSON.parse(line));
    assert.ok(json(rows, rows.length === 0 ? JSON.parse(result.stdout) : undefined), result.stdout);
  }
  if (err.length === 0) assert.equal(result.stderr, '');
  for (const part of err) assert.ok(result.stderr.includes(part), `${part} in ${result.stderr}`);
  if (tensors) expectTensors(tensors);
  if (absent) assert.ok(!existsSync(absent), `${absent} was written.`);
}

function* repeated(line, count) {
  const block = `${line}\n`.repeat(100);
  for (let i = 0; i < count; i += 100) yield block;
}

for (const program of programs) {
  describe(`verdict (${program.name})`, () => {
    for (const expected of cases) {
      test(expected.name, async () => {
        const input = Buffer.isBuffer(expected.stdin) ? [expected.stdin] : expected.stdin;
        expectCase(expected, await run(program, expected.args, { input }));
      });
    }

    const streams = [
      ['tokenize', [wordsOnly], '"the quick brown fox"', 2000, 100000],
      ['classify', [tiny, '--threads', '1'], 'the quick brown fox', 500, 5000],
    ];
    for (const [command, args, line, few, many] of streams) {
      test(`${command} streams ${many} lines in constant memory`, async (t) => {
        const peak = async (count) => {
          const result = await run(program, [command, ...args], {
            input: repeated(line, count),
            keep: false,
          });
          assert.equal(result.code, 0, result.stderr);
          assert.equal(result.lines, count);
          assert.ok(result.peak > 0, 'No memory was measured.');
          return result.peak;
        };
        const small = await peak(few);
        const large = await peak(many);
        t.diagnostic(
          `${small.toFixed(1)} MiB for ${few} lines, ${large.toFixed(1)} MiB for ${many}`,
        );
        // The garbage collector of Node may take its time.
        const allowed = program.name === 'wasm' ? 48 : 8;
        assert.ok(
          large < small + allowed,
          `${small} MiB for ${few} lines, ${large} MiB for ${many}`,
        );
      });
    }

    test('ends when nobody reads its output', async () => {
      const input = repeated('"the quick brown fox"', 1000000);
      const result = await run(program, ['tokenize', wordsOnly], { input, closeAfter: 1000 });
      assert.ok(
        result.signal === 'SIGPIPE' || result.code === 1,
        `${result.code} ${result.signal}`,
      );
    });

    test('says that its output cannot be written', async () => {
      const full = openSync('/dev/full', 'w');
      const result = await run(program, ['tokenize', wordsOnly], { input: '"a"\n', stdout: full });
      closeSync(full);
      assert.equal(result.code, 1);
      assert.match(result.stderr, /output cannot be written/);
    });

    test('shows progress on a terminal', () => {
      const input = join(scratch, 'lines.txt');
      const output = join(scratch, 'lines.out');
      writeFileSync(input, '"a"\n'.repeat(300));
      const command = `${program.command.join(' ')} tokenize ${wordsOnly} < ${input} > ${output}`;
      // `script` gives the program a terminal.
      const { stdout, status } = spawnSync('script', ['-qec', command, '/dev/null'], {
        encoding: 'utf8',
      });
      assert.equal(status, 0, stdout);
      assert.match(stdout, /\r300 texts\r?\n$/);
      assert.equal(linesOf(readFileSync(output, 'utf8')).length, 300);
    });
  });
}
