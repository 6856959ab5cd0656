import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { AutoModelForSequenceClassification as AutoModel, env } from '../../web/dist/index.js';
import { variants } from '../../web/dist/wasm/manifest.js';
import { fixture, root } from './support/server.mjs';
import { error, evaluate, run } from './support/testing.mjs';

/** A Node that has relaxed SIMD; scripts/test.sh installs one. */
const newer = process.env.VERDICT_NEWER_NODE;
const wasm = join(root, 'web/dist/wasm');
const ALL = ['relaxed', 'relaxed-threads', 'simd', 'simd-threads'];

/** The variant that is chosen with these settings, in a Node of its own. */
const chosen = (settings, { setup = '', ...options } = {}) =>
  evaluate(
    `
    ${setup}
    const { build_info, env } = await import('./web/dist/index.js');
    Object.assign(env.wasm, ${JSON.stringify(settings)});
    const { variant, threads } = await build_info();
    console.log(JSON.stringify([variant, threads]));`,
    options,
  );

test('the manifest names the variants of the build', async () => {
  const files = await readdir(wasm);
  const built = files.map((file) => /^verdict-((?!cli-).+)\.wasm$/.exec(file)?.[1]).filter(Boolean);
  assert.deepEqual(variants, built.sort());
  assert.deepEqual(variants, ALL, 'These tests need scripts/build.sh without arguments.');
  const { modules } = await import('../../web/dist/wasm/static.js');
  assert.deepEqual(Object.keys(modules), ['relaxed', 'simd']);
});

test('the best variant that the engine can run is chosen', async () => {
  assert.ok(newer, 'VERDICT_NEWER_NODE must name a Node from 24 on, as scripts/test.sh sets it.');
  assert.deepEqual(await chosen({ threads: 1 }), ['simd', 1]);
  assert.deepEqual(await chosen({ threads: 2 }), ['simd-threads', 2]);
  assert.deepEqual(await chosen({ threads: 1 }, { node: newer }), ['relaxed', 1]);
  assert.deepEqual(await chosen({ threads: 3 }, { node: newer }), ['relaxed-threads', 3]);
});

test('q8 gives the same logits whichever dot product suits the CPU', async () => {
  const script = `
    const { AutoModelForSequenceClassification: AutoModel } = await import('./web/dist/index.js');
    const model = await AutoModel.from_pretrained('models/verdict-sentiment-en', { dtype: 'q8' });
    const input_ids = [Array.from({ length: 23 }, (_, i) => 1000 + 97 * i), [101, 2023, 102]];
    const attention_mask = input_ids.map((row) => input_ids[0].map((_, i) => Number(i < row.length)));
    input_ids[1].push(...Array(20).fill(0));
    const { logits } = await model({ input_ids, attention_mask });
    console.log(JSON.stringify([...logits.data]));`;
  const logits = await evaluate(script, { node: newer });
  assert.ok(logits.every(Number.isFinite));
  // Where the CPU has no AVX-VNNI both runs are alike; the core's tests compare the kernels anyway.
  const flags = ['--no-enable-avx-vnni'];
  assert.deepEqual(await evaluate(script, { node: newer, flags }), logits);
});

test('shared memory that cannot be used means one thread', async () => {
  const without = (setup) => chosen({ threads: 2 }, { setup });
  assert.deepEqual(await without('delete globalThis.SharedArrayBuffer;'), ['simd', 1]);
  assert.deepEqual(await without('globalThis.crossOriginIsolated = false;'), ['simd', 1]);
  const throwing = `
    const { Memory } = WebAssembly;
    WebAssembly.Memory = function (options) {
      if (options.shared) throw new RangeError('no shared memory');
      return new Memory(options);
    };`;
  assert.deepEqual(await without(throwing), ['simd', 1]);
});

test('an engine without SIMD is told what is needed', async () => {
  const script = `
    WebAssembly.validate = () => false;
    const { build_info } = await import('./web/dist/index.js');
    const { code, message } = await build_info().catch((error) => error);
    console.log(JSON.stringify({ code, message }));`;
  const { code, message } = await evaluate(script);
  assert.equal(code, 'unsupported');
  assert.match(message, /SIMD/);
});

test('a variant can be forced where the engine has it', async () => {
  assert.deepEqual(await chosen({ threads: 1, variant: 'simd' }, { node: newer }), ['simd', 1]);
  assert.deepEqual(await chosen({ threads: 1, variant: 'simd-threads' }), ['simd-threads', 1]);
  const bert = fixture('models/bert');
  for (const variant of ['relaxed', 'relaxed-threads', 'avx']) {
    env.wasm.variant = variant;
    await assert.rejects(AutoModel.from_pretrained(bert), error('unsupported', variant, 'simd'));
  }
  env.wasm.variant = '';
  for (const threads of [0, 1.5, 'many']) {
    env.wasm.threads = threads;
    await assert.rejects(
      AutoModel.from_pretrained(bert),
      error('invalid_argument', 'env.wasm.threads', String(threads)),
    );
  }
  env.wasm.threads = 'auto';
  await (await AutoModel.from_pretrained(bert)).dispose();
});

test('the .wasm may lie elsewhere', async () => {
  const bert = fixture('models/bert');
  env.wasm.threads = 1;
  env.wasm.path = '/no/such/folder/';
  await assert.rejects(AutoModel.from_pretrained(bert), error('network', 'WebAssembly'));
  env.wasm.path = `${wasm}/`;
  await (await AutoModel.from_pretrained(bert)).dispose();
  env.wasm.path = '';
});

test('a compiled module is used as it is, without any other access', async () => {
  const bytes = await readFile(join(wasm, 'verdict-simd.wasm'));
  const bert = fixture('models/bert');
  env.wasm.module = await WebAssembly.compile(bytes);
  await assert.rejects(AutoModel.from_pretrained(bert), error('invalid_argument', 'variant'));
  env.wasm.variant = 'simd';
  env.wasm.path = '/no/such/folder/';
  const { compile, instantiate } = WebAssembly;
  const forbidden = () => assert.fail('Code is generated from bytes.');
  Object.assign(WebAssembly, { compile: forbidden, instantiate: forbidden });
  try {
    const model = await AutoModel.from_pretrained(bert);
    assert.equal((await model({ input_ids: [[1, 2]] })).logits.dims[1], 3);
    await model.dispose();
    env.wasm.module = bytes;
    await assert.rejects(AutoModel.from_pretrained(bert), error('invalid_argument', 'Module'));
  } finally {
    Object.assign(WebAssembly, { compile, instantiate });
    Object.assign(env.wasm, { module: null, variant: '', path: '' });
  }
});

test('the static entry imports nothing later and makes no code from strings', async () => {
  // A hook sees every import that is made after the entry's own; Node's are made in Node only.
  const script = `
    import { registerHooks } from 'node:module';
    const entry = await import('./web/dist/static.js');
    const later = [];
    registerHooks({
      resolve(specifier, context, next) {
        if (!/^(node:|#node-)/.test(specifier)) later.push(specifier);
        return next(specifier, context);
      },
    });
    const { build_info, AutoConfig } = entry;
    const { variant } = await build_info();
    const config = new TextEncoder().encode('{"model_type": "bert"}');
    const { model_type } = await AutoConfig.from_pretrained({ 'config.json': config });
    console.log(JSON.stringify({ variant, model_type, later }));`;
  const flags = ['--disallow-code-generation-from-strings'];
  const found = await evaluate(script, { node: newer, flags });
  assert.deepEqual(found, { variant: 'relaxed', model_type: 'bert', later: [] });
});

for (const variant of ALL) {
  test(`the smoke list passes in the variant ${variant}`, async () => {
    const threads = variant.endsWith('-threads') ? 2 : 1;
    const node = variant.startsWith('relaxed') ? newer : process.execPath;
    const script = join(root, 'tests/web/support/smoke.mjs');
    const { code, stdout, stderr } = await run(node, [
      script,
      JSON.stringify({ variant, threads }),
    ]);
    assert.equal(code, 0, stderr);
    const found = JSON.parse(stdout);
    assert.equal(found.variant, variant);
    assert.equal(found.threads, threads);
    assert.ok(Object.keys(found.distances).length >= 7);
    for (const [folder, distance] of Object.entries(found.distances)) {
      assert.ok(distance < 1, `${folder}: ${distance} times the tolerance`);
    }
    assert.ok(found.f32.furthest < 1e-3, `f32 logits: ${found.f32.furthest}`);
    assert.equal(found.f32.int8_multiplications, 0);
    assert.equal(found.f32.padding_rows, 0);
    assert.ok(found.q8.int8_multiplications > 0);
    // The complete set is held to 0.7 points by the core's tests; a sample may lose three rows.
    assert.ok(Math.abs(found.q8.right - found.f32.right) <= 3, JSON.stringify(found));
    assert.ok(found.q8.furthest < 0.5, `q8 logits: ${found.q8.furthest}`);
  });
}
