// The program verdict-convert, and the options of `verdict` that read other frameworks' weights.
// VERDICT_CONVERT and VERDICT_NATIVE_PROGRAM name the programs where they are elsewhere.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { bert, scratch } from './models.mjs';
import { root } from './programs.mjs';
import { readSafetensors, writeSafetensors } from './safetensors.mjs';

const converter = process.env.VERDICT_CONVERT ?? join(root, 'build/native/bin/verdict-convert');
const verdict = process.env.VERDICT_NATIVE_PROGRAM ?? join(root, 'build/native/bin/verdict');
const checkpoints = join(root, 'tests/fixtures/checkpoints');

function run(program, ...args) {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  return { code: status, stdout, stderr };
}
const convert = (...args) => run(converter, ...args);

const work = join(scratch, 'convert');
mkdirSync(work);
let outputs = 0;
const output = () => join(work, `out-${++outputs}`);

/** A folder of a kind, and the file in it that ends so. */
function checkpoint(kind, start, ending) {
  const name = readdirSync(join(checkpoints, kind)).find((folder) => folder.startsWith(start));
  const folder = join(checkpoints, kind, name);
  return [
    folder,
    ending &&
      join(
        folder,
        readdirSync(folder).find((x) => x.endsWith(ending)),
      ),
  ];
}

describe('verdict-convert', () => {
  test('says what it can do', () => {
    const { code, stdout, stderr } = convert('--help');
    assert.equal(code, 0);
    assert.equal(stderr, '');
    assert.match(stdout, /^Usage: verdict-convert INPUT OUTPUT_DIR/);
    for (const option of [
      '--config FILE',
      '--model-type',
      '--dtype',
      '--quantize q8',
      '--max-shard-size',
      '--num-labels',
      '--prefix',
      '--dry-run',
      '--tensors-only',
      '--report FILE.json',
      '--verify',
      '--version',
      'Exit codes: 0',
    ]) {
      assert.ok(stdout.includes(option), option);
    }
    assert.match(convert('--version').stdout, /^verdict-convert \d+\.\d+\.\d+\n$/);
  });

  for (const [args, ...parts] of [
    [[], 'INPUT'],
    [[bert], 'OUTPUT_DIR'],
    [[bert, 'a', 'b'], '"b"'],
    [[bert, 'a', '--frobnicate'], '--frobnicate', 'verdict-convert --help'],
    [[bert, 'a', '--dtype', 'int4'], 'int4', 'bf16'],
    [[bert, 'a', '--quantize', 'q4'], 'q4', 'q8'],
    [[bert, 'a', '--max-shard-size', '5 apples'], '5 apples', '5GB'],
    [[bert, 'a', '--max-shard-size', '0'], '"0"'],
    [[bert, 'a', '--max-shard-size', '99999999999GiB'], '99999999999GiB'],
    [[bert, 'a', '--num-labels', '0'], '--num-labels'],
    [[bert, 'a', '--tensors-only', '--config', 'x'], '--tensors-only', '--config'],
    [[bert, 'a', '--dtype', 'f16', '--quantize', 'q8'], '--dtype', '--quantize'],
    [[bert, '--dry-run', '--verify'], '--dry-run', '--verify'],
  ]) {
    test(`exit code 2: ${args.slice(1).join(' ') || 'no operands'}`, () => {
      const { code, stdout, stderr } = convert(...args);
      assert.equal(code, 2, stderr);
      assert.equal(stdout, '');
      for (const part of parts) assert.ok(stderr.includes(part), stderr);
      assert.ok(!existsSync('a'));
    });
  }

  test('exit code 1: what fails, with the reason', () => {
    const nowhere = output();
    for (const [args, ...parts] of [
      [['/no/such', nowhere], '/no/such'],
      [[join(bert, 'config.json'), nowhere], 'config.json', 'weight_map'],
      [[bert, bert], 'exists'],
      [[bert, nowhere, '--num-labels', '9'], 'classifier', '--num-labels'],
      [[bert, nowhere, '--config', '/no/config.json'], '/no/config.json'],
      [[bert, join(bert, 'config.json', 'below')], 'config.json'],
    ]) {
      const { code, stderr } = convert(...args);
      assert.equal(code, 1, stderr);
      for (const part of parts) assert.ok(stderr.includes(part), stderr);
    }
    assert.ok(!existsSync(nowhere));
    // With the code, for programs.
    const report = join(work, 'error.json');
    assert.equal(convert('/no/such', nowhere, '--report', report).code, 1);
    assert.equal(JSON.parse(readFileSync(report, 'utf8')).error.code, 'not_found');
  });

  test('a model, with a report', () => {
    const out = output();
    const report = join(work, 'report.json');
    const args = ['--dtype', 'bf16', '--verify', '--max-shard-size=20KB', '--report', report];
    const { code, stdout, stderr } = convert(bert, out, ...args);
    assert.equal(code, 0, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, /parameters of the model type bert.*verified/);
    const json = JSON.parse(readFileSync(report, 'utf8'));
    assert.equal(json.kind, 'safetensors');
    assert.equal(json.class, 'BertForSequenceClassification');
    assert.equal(json.verified, true);
    assert.deepEqual(json.files, readdirSync(out).sort());
    assert.ok(json.files.length > 3);
    assert.ok(json.mapped.every(({ dtype }) => dtype === 'BF16'));
    assert.equal(run(verdict, 'inspect', out).code, 0);
  });

  test('a dry run', () => {
    const [folder] = checkpoint('tf1', 'bert__classifier');
    const { code, stdout, stderr } = convert(folder, '--dry-run');
    assert.equal(code, 0, stderr);
    const lines = stdout.trimEnd().split('\n');
    const kernel = lines.find((line) => line.includes('bert/pooler/dense/kernel\t'));
    assert.match(kernel, /\tbert\.pooler\.dense\.weight\tF\d+ \[\d+, \d+\]$/);
    assert.ok(
      lines.some((line) => line.endsWith('\tskipped\toptimizer')),
      stdout,
    );
    // What does not fit is shown, and makes the exit code 1.
    const misfit = convert(folder, '--dry-run', '--num-labels', '9');
    assert.equal(misfit.code, 1);
    assert.match(misfit.stdout, /classifier\.weight\tmismatched/);
  });

  test('tensors alone', () => {
    const out = output();
    const file = join(work, 'some.safetensors');
    const source = readSafetensors(join(bert, 'model.safetensors'));
    writeSafetensors(file, new Map([...source].slice(0, 3)));
    assert.equal(convert(file, out, '--tensors-only').code, 0);
    assert.deepEqual(readdirSync(out), ['model.safetensors']);
    assert.equal(readSafetensors(join(out, 'model.safetensors')).size, 3);
    // Without the option it is no model.
    const { code, stderr } = convert(file, output());
    assert.equal(code, 1);
    assert.match(stderr, /--config.*--tensors-only/s);
  });
});

describe('verdict --from-tf', () => {
  const [folder, index] = checkpoint('tf1', 'bert__classifier', '.index');
  const elsewhere = join(work, 'tf');
  cpSync(folder, elsewhere, { recursive: true });
  const file = join(elsewhere, index.slice(folder.length + 1));
  const config = join(work, 'bert_tf_model_config.json');
  writeFileSync(config, readFileSync(join(folder, 'config.json')));

  test('run, inspect: a file and its config', () => {
    const outputs = join(work, 'logits.safetensors');
    const source = [file, '--from-tf', '--config', config];
    const inputs = ['--inputs', join(folder, 'inputs.safetensors'), '--outputs', outputs];
    const { code, stderr } = run(verdict, 'run', ...source, ...inputs);
    assert.equal(code, 0, stderr);
    assert.equal(stderr, '');
    const actual = readSafetensors(outputs).get('logits').values;
    const expected = readSafetensors(join(folder, 'expected.safetensors')).get('logits').values;
    expected.forEach((value, i) =>
      assert.ok(Math.abs(actual[i] - value) <= 1e-5 + 1e-4 * Math.abs(value), `logit ${i}`),
    );
    const inspected = run(verdict, 'inspect', ...source, '--json');
    assert.equal(inspected.code, 0, inspected.stderr);
    assert.ok(JSON.parse(inspected.stdout).stored_bytes);
  });

  test('where it is missing, or wrong', () => {
    for (const [args, code, ...parts] of [
      [['inspect', file], 1, 'TensorFlow', 'from_tf'],
      [['inspect', bert, '--from-tf'], 1, 'PyTorch', 'from_tf'],
      [['inspect', bert, '--from-flax'], 1, 'Flax', 'flax_model.msgpack'],
      [['inspect', bert, '--from-flax', '--from-tf'], 2, '--from-flax', '--from-tf'],
      [['classify', bert, 'a', '--config', '/no/config.json'], 1, '/no/config.json'],
    ]) {
      const result = run(verdict, ...args);
      assert.equal(result.code, code, result.stderr);
      for (const part of parts) assert.ok(result.stderr.includes(part), result.stderr);
    }
  });
});
