// The package's program. Its commands and options have cases of their own, which the native program
// shares; here is what only this one can get wrong.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fixture, root } from './support/server.mjs';
import { bundled, elements, parseSafetensors, run, temporaryFolder } from './support/testing.mjs';

const program = join(root, 'web/dist/bin/verdict.js');
const verdict = (args, options) => run(process.execPath, [program, ...args], options);

test('it says what it can do', async () => {
  const { code, stdout } = await verdict(['--help']);
  assert.equal(code, 0);
  for (const command of ['classify', 'run', 'tokenize', 'inspect']) {
    assert.match(stdout, new RegExp(`\\b${command}\\b`));
    const help = await verdict([command, '--help']);
    assert.equal(help.code, 0);
    assert.match(help.stdout, /Options:/);
  }
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  assert.equal((await verdict(['--version'])).stdout, `verdict ${version}\n`);
});

test('the four commands', async (t) => {
  const classified = await verdict(['classify', bundled, 'I love it.', '--json']);
  assert.equal(classified.code, 0, classified.stderr);
  const [[{ label, score }]] = classified.stdout.trim().split('\n').map(JSON.parse);
  assert.equal(label, 'positive');
  assert.ok(score > 0.9);

  const tokens = await verdict(['tokenize', bundled], { input: '"Hello there"\n' });
  assert.deepEqual(JSON.parse(tokens.stdout).ids, [101, 7592, 2045, 102]);

  const inspected = await verdict(['inspect', bundled, '--json']);
  assert.equal(JSON.parse(inspected.stdout).model_type, 'bert');

  const outputs = join(await temporaryFolder(t), 'out.safetensors');
  const folder = fixture('models/bert');
  const inputs = join(folder, 'inputs.safetensors');
  const args = ['run', folder, '--inputs', inputs, '--case', 'main', '--outputs', outputs];
  const ran = await verdict(args);
  assert.equal(ran.code, 0, ran.stderr);
  const floats = async (file) => {
    const tensor = parseSafetensors(await readFile(file))['main.logits'];
    return [tensor.shape, elements(tensor)];
  };
  const [shape, actual] = await floats(outputs);
  const [expected_shape, expected] = await floats(join(folder, 'expected.safetensors'));
  assert.deepEqual(shape, expected_shape);
  for (const [i, value] of expected.entries()) assert.ok(Math.abs(actual[i] - value) < 1e-4);
});

test('exit codes: 1 for what fails, 2 for a wrong command line', async () => {
  const failed = await verdict(['classify', '/no/such/folder', 'a']);
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /\/no\/such\/folder/);
  const wrong = await verdict(['classify', bundled, 'a', '--no-such-option']);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /--no-such-option/);
  assert.equal((await verdict([])).code, 2);
  const line = await verdict(['tokenize', bundled], { input: '"a"\nno json\n' });
  assert.equal(line.code, 1);
  assert.equal(line.stdout.trim().split('\n').length, 2);
});

test('standard input streams: answers come while it is open, and memory stays constant', async (t) => {
  // Peak memory as the process itself saw it, in KiB.
  const preload = join(await temporaryFolder(t), 'peak.mjs');
  await writeFile(
    preload,
    `process.on('exit', () => process.stderr.write('peak ' + process.resourceUsage().maxRSS));`,
  );
  const peak = async (lines) => {
    const chunk = `${JSON.stringify('A sentence that is long enough to fill memory. '.repeat(8))}\n`;
    async function* input() {
      for (let i = 0; i < lines; i += 100) yield chunk.repeat(100);
    }
    const args = ['--import', preload, program, 'tokenize', bundled];
    const { code, stdout, stderr } = await run(process.execPath, args, { input: input() });
    assert.equal(code, 0, stderr);
    assert.equal(stdout.split('\n').length - 1, lines);
    return Number(/peak (\d+)/.exec(stderr)[1]);
  };
  const few = await peak(500);
  const many = await peak(10_000);
  assert.ok(many < few + 20_000, `${few} KiB for 500 lines, ${many} KiB for 10,000`);
});

test('it starts no other program', async () => {
  const { code, stdout, stderr } = await verdict(['classify', bundled, 'Good.'], {
    env: { PATH: '' },
  });
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^positive\t/);
});
