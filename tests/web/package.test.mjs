// The package as npm packs it, installed into an empty project.
import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { brotliCompressSync } from 'node:zlib';
import { root } from './support/server.mjs';
import { bundled, run } from './support/testing.mjs';

const offline = { npm_config_offline: 'true', npm_config_update_notifier: 'false' };

async function succeeds(program, args, options) {
  const { code, stdout, stderr } = await run(program, args, {
    ...options,
    env: { ...process.env, ...offline },
  });
  assert.equal(code, 0, `${program} ${args.join(' ')}\n${stdout}${stderr}`);
  return stdout;
}

describe('the packed package', () => {
  let project;
  let packed;
  before(async () => {
    project = await mkdtemp(join(tmpdir(), 'verdict-'));
    const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', project];
    [packed] = JSON.parse(await succeeds('npm', args, { cwd: root }));
    const manifest = { name: 'consumer', version: '1.0.0', private: true, type: 'module' };
    await writeFile(join(project, 'package.json'), JSON.stringify(manifest));
    const install = ['install', '--no-audit', '--no-fund', join(project, packed.filename)];
    await succeeds('npm', install, { cwd: project });
  });
  after(() => rm(project, { recursive: true, force: true }));

  test('holds what is needed and nothing else', async () => {
    const expected = [
      /^(LICENSE|README\.md|package\.json)$/,
      /^web\/dist\/(\w+\/)*\w+\.(js|d\.ts)$/,
      /^web\/dist\/runtime\/\w+-[0-9A-Z]{8}\.js$/,
      /^web\/dist\/wasm\/verdict-(cli-)?(simd|relaxed)(-threads)?\.(mjs|wasm)$/,
    ];
    const paths = packed.files.map(({ path }) => path);
    const surplus = paths.filter((path) => !expected.some((pattern) => pattern.test(path)));
    assert.deepEqual(surplus, []);
    for (const variant of ['simd', 'simd-threads', 'relaxed', 'relaxed-threads']) {
      for (const name of ['verdict', 'verdict-cli']) {
        assert.ok(paths.includes(`web/dist/wasm/${name}-${variant}.wasm`), variant);
      }
    }
    // Four variants of module and program, about 1.3 MB each.
    assert.ok(packed.unpackedSize < 12e6, String(packed.unpackedSize));
    const installed = await readdir(join(project, 'node_modules'));
    assert.deepEqual(
      installed.filter((name) => !name.startsWith('.')),
      ['verdict'],
    );
  });

  test('classifies in Node with a model that is given by its path', async () => {
    await writeFile(
      join(project, 'classify.js'),
      `
      import { pipeline } from 'verdict';
      const classifier = await pipeline('text-classification', process.argv[2]);
      console.log(JSON.stringify(await classifier('I love it.')));
      await classifier.dispose();`,
    );
    const [{ label, score }] = JSON.parse(
      await succeeds(process.execPath, ['classify.js', bundled], { cwd: project }),
    );
    assert.equal(label, 'positive');
    assert.ok(score > 0.9);
  });

  test('has its program', async () => {
    const stdout = await succeeds('npx', ['--no', 'verdict', 'classify', bundled, 'Awful!'], {
      cwd: project,
    });
    assert.match(stdout, /^negative\t/);
  });

  test('resolves for browsers, workers, Node and service workers', async () => {
    const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    const targets = Object.values(manifest.exports).flatMap((entry) =>
      typeof entry === 'string' ? [entry] : Object.values(entry),
    );
    for (const target of targets) {
      if (target.includes('*')) continue;
      assert.ok((await stat(join(project, 'node_modules/verdict', target))).isFile(), target);
    }
    await writeFile(
      join(project, 'entries.js'),
      `
      import { fileURLToPath } from 'node:url';
      import { readFileSync } from 'node:fs';
      import { AutoConfig } from 'verdict/static';
      const config = new TextEncoder().encode('{"model_type": "bert"}');
      const { model_type } = await AutoConfig.from_pretrained({ 'config.json': config });
      const wasm = fileURLToPath(import.meta.resolve('verdict/wasm/verdict-simd.wasm'));
      WebAssembly.validate(readFileSync(wasm)) || process.exit(1);
      import.meta.resolve('verdict/worker');
      console.log(model_type);`,
    );
    assert.equal(await succeeds(process.execPath, ['entries.js'], { cwd: project }), 'bert\n');
  });

  test('has nothing of Node in what a bundler for browsers follows', async () => {
    const folder = join(project, 'node_modules/verdict/web/dist');
    const ofNode = /(^|\/)(node_\w+|verdict)(-\w+)?\.js$|verdict-cli-/;
    const paths = await readdir(folder, { recursive: true });
    const scripts = paths.filter((path) => /\.m?js$/.test(path) && !ofNode.test(path));
    assert.ok(scripts.length > 10);
    for (const path of scripts) {
      const script = await readFile(join(folder, path), 'utf8');
      assert.doesNotMatch(script, /(import\(|import|from) ?["']node:/, path);
    }
    const script = `
      const files = await import('./node_modules/verdict/web/dist/hub/no_files.js');
      console.log(Object.keys(files).length > 0);`;
    const args = ['--input-type=module', '--eval', script];
    assert.equal(await succeeds(process.execPath, args, { cwd: project }), 'true\n');
  });

  describe('types', () => {
    const consumer = `
      import {
        AutoModelForSequenceClassification, AutoTokenizer, BertForSequenceClassification, Tensor,
        VerdictError, env, pipeline,
        type Classification, type LoadReport, type SequenceClassificationModel,
      } from 'verdict';
      import { AutoConfig } from 'verdict/static';
      type Exactly<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2
        ? true : false;
      const same = <A, B>(_: Exactly<A, B>): void => undefined;

      export async function use(): Promise<void> {
        env.wasm.threads = 2;
        const model = await AutoModelForSequenceClassification.from_pretrained('org/model', {
          dtype: 'q8', num_labels: 3, progress_callback: ({ status }) => void status,
        });
        same<typeof model, SequenceClassificationModel>(true);
        const output = await model({ input_ids: [[1, 2]], labels: [0] });
        same<typeof output.logits, Tensor>(true);
        same<typeof output.loss, number | null>(true);
        const tokenizer = await AutoTokenizer.from_pretrained('org/model', { revision: 'main' });
        const batch = await tokenizer(['a', 'b'], { padding: true });
        same<typeof batch.input_ids, Tensor>(true);
        await model(batch);
        const pair = await BertForSequenceClassification.from_pretrained(
          { 'config.json': new Uint8Array(), 'model.safetensors': new Blob([]) },
          { output_loading_info: true },
        );
        same<typeof pair, [SequenceClassificationModel, LoadReport]>(true);
        const classifier = await pipeline('text-classification');
        const one = await classifier('text');
        same<typeof one, Classification[]>(true);
        const all = await classifier(['a', { text: 'b', text_pair: 'c' }], { top_k: null });
        same<typeof all, Classification[][]>(true);
        const config = await AutoConfig.from_pretrained('org/model');
        same<typeof config.num_labels, number>(true);
        // @ts-expect-error: an unknown dtype
        await AutoModelForSequenceClassification.from_pretrained('org/model', { dtype: 'int4' });
        // @ts-expect-error: an input that no model takes
        await model({ input_ids: [[1]], no_such_input: [[1]] });
        // @ts-expect-error: an unknown option
        await classifier('text', { topk: 1 });
        const error = new VerdictError('io', 'message');
        // @ts-expect-error: an unknown code
        if (error.code === 'no_such_code') throw error;
      }`;

    const compile = async (options) => {
      const tsconfig = {
        compilerOptions: { strict: true, noEmit: true, skipLibCheck: false, types: [], ...options },
        files: ['consumer.ts'],
      };
      await writeFile(join(project, 'consumer.ts'), consumer);
      await writeFile(join(project, 'tsconfig.json'), JSON.stringify(tsconfig));
      const tsc = join(root, 'node_modules/typescript/bin/tsc');
      await succeeds(process.execPath, [tsc, '-p', '.'], { cwd: project });
    };
    const modules = { module: 'NodeNext', moduleResolution: 'NodeNext' };

    test('compile in a browser project', () =>
      compile({ target: 'ES2022', lib: ['ES2022', 'DOM'], ...modules }));

    test('compile with a bundler', () =>
      compile({ lib: ['ES2022', 'DOM'], module: 'ESNext', moduleResolution: 'Bundler' }));

    test('compile in a Node project without DOM', async () => {
      for (const name of ['@types/node', 'undici-types']) {
        const target = join(project, 'node_modules', name);
        await cp(join(root, 'node_modules', name), target, { recursive: true, dereference: true });
      }
      await compile({ target: 'ES2022', lib: ['ES2022'], types: ['node'], ...modules });
    });
  });
});

test('one variant and all JavaScript are within the budget', async () => {
  const dist = join(root, 'web/dist');
  const { brotli_bytes } = JSON.parse(await readFile(join(root, 'web/size-budget.json'), 'utf8'));
  const brotli = async (path) => brotliCompressSync(await readFile(path)).length;
  // What a page can load: not the command line, and not what package.json's map gives to Node alone.
  const scripts = (await readdir(dist, { recursive: true })).filter(
    (path) => path.endsWith('.js') && !/^bin\/|(^|\/)node_/.test(path),
  );
  let javascript = 0;
  for (const path of scripts) javascript += await brotli(join(dist, path));
  for (const variant of ['simd', 'simd-threads', 'relaxed', 'relaxed-threads']) {
    const glue = await brotli(join(dist, `wasm/verdict-${variant}.mjs`));
    const module = await brotli(join(dist, `wasm/verdict-${variant}.wasm`));
    const total = javascript + glue + module;
    assert.ok(total <= brotli_bytes && brotli_bytes <= 400 * 1024, `${variant}: ${total}`);
  }
});
