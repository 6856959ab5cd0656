// The package in real browsers, from the served web/dist.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { serveDemo } from '../../../scripts/demo-server.mjs';
import { BROWSERS, NO_INDEXED_DB, beforeWorkers, launch } from '../support/browsers.mjs';
import { readSafetensors } from '../support/safetensors.mjs';
import { fixture, root } from '../support/server.mjs';

const SMOKE = ['bert', 'albert', 'distilbert', 'roberta', 'electra'];
const BERT = '/fixtures/models/bert';
const BUNDLED = '/models/verdict-sentiment-en';
const examples = JSON.parse(readFileSync(`${root}${BUNDLED}/examples.json`, 'utf8'));

/** `i8x16.relaxed_swizzle` of two zeros: valid where the engine has relaxed SIMD. */
const RELAXED_MODULE = [
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0],
  ...[10, 15, 1, 13, 0, 65, 0, 253, 15, 65, 0, 253, 15, 253, 128, 2, 11],
];

/** What the tests convert lies here. */
const converted = mkdtempSync(join(tmpdir(), 'verdict-browser-'));
after(() => rmSync(converted, { recursive: true }));

const FOLDERS = [
  ['/tests/', 'tests/web/browser/pages'],
  ['/fixtures/', 'tests/fixtures'],
  ['/converted/', converted],
];

/** Waits until `condition` holds. */
async function until(condition, what) {
  for (let i = 0; i < 200; ++i) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail(`It never came true that ${what}.`);
}

for (const name of BROWSERS) {
  describe(name, () => {
    let browser;
    /** Servers with and without the headers that isolate a page. */
    let isolated;
    let plain;
    /** Paths with their Range headers, and one answer in the isolated server's place. */
    let requests;
    let fault;
    let tab;
    let page;

    before(async () => {
      browser = await launch(name);
      const intercept = (path, request, response) => {
        requests.push({ path, range: request.headers.range });
        return fault?.(path, request, response) === true;
      };
      isolated = await serveDemo({ folders: FOLDERS, intercept });
      plain = await serveDemo({ folders: FOLDERS, isolated: false });
    });
    after(async () => {
      await browser?.close();
      await isolated?.close();
      await plain?.close();
    });
    beforeEach(async () => {
      requests = [];
      fault = undefined;
      tab = await browser.newPage();
      page = tab.page;
      await open();
    });
    afterEach(async () => {
      const { errors } = tab;
      await tab.close();
      assert.deepEqual(errors, []);
    });

    async function open(server = isolated) {
      await page.goto(`${server.url}tests/blank.html`);
      await page.waitForFunction(() => 'failure' in window);
    }

    /** Loads a model in the page, as `window.model`; gives the events of the load. */
    const loadModel = (source, options = {}) =>
      page.evaluate(
        async (from, given) => {
          const events = [];
          window.model = await window.verdict.AutoModelForSequenceClassification.from_pretrained(
            from,
            { ...given, progress_callback: (event) => events.push(event) },
          );
          return events;
        },
        typeof source === 'string' ? new URL(source, isolated.url).href : source,
        options,
      );
    const logits = (input_ids) =>
      page.evaluate(
        async (ids) => Array.from((await window.model.forward({ input_ids: ids })).logits.data),
        input_ids,
      );
    /** Compares the logits of inputs, pairs of name and tensor, with the reference's. */
    const expectLogits = async (inputs, { dims, data }, what) => {
      const actual = await page.evaluate(async (tensors) => {
        const { Tensor } = window.verdict;
        const arguments_ = tensors.map(([input, tensor]) => [
          input,
          new Tensor('int64', BigInt64Array.from(tensor.data, BigInt), tensor.dims),
        ]);
        const { logits } = await window.model.forward(Object.fromEntries(arguments_));
        return { dims: logits.dims, data: Array.from(logits.data) };
      }, inputs);
      assert.deepEqual(actual.dims, dims);
      for (const [i, value] of data.entries()) {
        const error = Math.abs(actual.data[i] - value);
        assert.ok(error <= 1e-5 + 1e-4 * Math.abs(value), `${what}: ${actual.data[i]} / ${value}`);
      }
    };
    /** What loading a model is rejected with. */
    const loadFailure = (source) =>
      page.evaluate(
        (from) =>
          window.failure(window.verdict.AutoModelForSequenceClassification.from_pretrained(from)),
        new URL(source, isolated.url).href,
      );
    const weightRequests = () => requests.filter(({ path }) => path.endsWith('/model.safetensors'));

    test('classifies in a worker, and the page goes on', async () => {
      const { results, elapsed, ticks } = await page.evaluate(
        async (model, texts) => {
          window.classifier = await window.verdict.pipeline('text-classification', model);
          const results = await window.classifier(texts, { top_k: null });
          const long = Array.from({ length: 16 }, (_, i) => `${texts.join(' ')} ${i}`);
          let ticks = 0;
          const timer = setInterval(() => (ticks += 1), 10);
          const begun = performance.now();
          await window.classifier(long, { truncation: true });
          const elapsed = performance.now() - begun;
          clearInterval(timer);
          return { results, elapsed, ticks };
        },
        new URL(BUNDLED, isolated.url).href,
        examples.map(({ text }) => text),
      );
      for (const [i, { label, probabilities }] of examples.entries()) {
        assert.equal(results[i][0].label, label);
        for (const { label: each, score } of results[i]) {
          assert.ok(Math.abs(score - probabilities[each]) < 1e-3, `${i}: ${each} ${score}`);
        }
      }
      assert.ok(elapsed > 200, `The batch took only ${elapsed} ms.`);
      assert.ok(ticks > elapsed / 100, `${ticks} ticks of 10 ms in ${elapsed} ms`);
      assert.equal(page.workers().length, 1);
      await page.evaluate(() => window.classifier.dispose());
      await until(() => page.workers().length === 0, 'the worker ended');
      const again = await page.evaluate(() => window.failure(window.classifier('again')));
      assert.equal(again.code, 'invalid_argument');
    });

    test('works without a worker, and in the worker of a user', async () => {
      await page.evaluate(() => {
        window.verdict.env.useWorker = false;
        // A page must not block on its threads as a worker may.
        window.verdict.env.wasm.threads = 2;
      });
      await loadModel(BERT);
      assert.equal((await logits([[1, 5, 7]])).length, 3);
      const scripts = page.workers().map((worker) => worker.url());
      assert.ok(!scripts.some((url) => url.endsWith('/worker.js')), scripts.join());
      await page.evaluate(() => window.model.dispose());
      await until(() => page.workers().length === 0, 'the threads ended');
      const answer = await page.evaluate(
        (model, texts) =>
          new Promise((resolve, reject) => {
            const worker = new Worker('/tests/own_worker.js', { type: 'module' });
            worker.onmessage = (event) => resolve(event.data);
            worker.onerror = (event) => reject(new Error(event.message));
            worker.postMessage({ model, texts });
          }),
        new URL(BUNDLED, isolated.url).href,
        [examples[0].text],
      );
      assert.equal(answer.results[0].label, examples[0].label);
      assert.equal(answer.useWorker, false);
    });

    test('keeps downloads in IndexedDB', async () => {
      const first = await loadModel(BUNDLED);
      assert.equal(weightRequests().length, 1);
      const ids = [[101, 2204, 102]];
      const expected = await logits(ids);
      requests = [];
      await open();
      const second = await loadModel(BUNDLED);
      assert.deepEqual(await logits(ids), expected);
      assert.deepEqual(weightRequests(), []);
      assert.ok(!requests.some(({ path }) => path.startsWith(BUNDLED)));

      const weights = first.filter((event) => event.file === 'model.safetensors');
      const loaded = weights.filter(({ status }) => status === 'progress');
      assert.deepEqual(
        [...new Set(weights.map(({ status }) => status))],
        ['initiate', 'download', 'progress', 'done'],
      );
      for (const [i, event] of loaded.entries()) {
        assert.ok(i === 0 || event.loaded > loaded[i - 1].loaded);
        assert.ok(Math.abs(event.progress - (100 * event.loaded) / event.total) < 1e-9);
      }
      assert.equal(loaded.at(-1).loaded, loaded.at(-1).total);
      assert.deepEqual(
        second.filter((event) => event.file === 'model.safetensors').map(({ status }) => status),
        ['initiate', 'done'],
      );
      await open();
      await page.evaluate(() => (window.verdict.env.useCache = false));
      await loadModel(BERT);
      await loadModel(BERT);
      assert.equal(weightRequests().length, 2);
    });

    test('resumes a download that broke off', async () => {
      const weights = readFileSync(`${root}${BUNDLED}/model.safetensors`);
      const sent = 20e6;
      const head = { method: 'HEAD' };
      const intact = await fetch(new URL(`${BUNDLED}/model.safetensors`, isolated.url), head);
      const etag = intact.headers.get('etag');
      fault = (path, request, response) => {
        if (!path.endsWith('/model.safetensors')) return false;
        response.writeHead(200, {
          'Content-Length': weights.length,
          'Content-Type': 'application/octet-stream',
          ETag: etag,
        });
        response.write(weights.subarray(0, sent), () => setTimeout(() => response.destroy(), 500));
        return true;
      };
      const failure = await loadFailure(BUNDLED);
      assert.equal(failure.code, 'network');
      assert.ok(failure.verdict);
      assert.match(failure.message, /resumes there/);
      fault = undefined;
      requests = [];
      await open();
      const events = await loadModel(BUNDLED);
      const [{ range }] = weightRequests();
      const from = Number(/^bytes=(\d+)-$/.exec(range)[1]);
      assert.ok(from > 1e6 && from <= sent, range);
      const first = events.find(
        ({ status, file }) => status === 'progress' && file === 'model.safetensors',
      );
      assert.ok(first.loaded > from);
      assert.equal((await logits([[101, 2204, 102]])).length, 3);
    });

    test('does not keep what arrived damaged', async () => {
      const weights = readFileSync(fixture('models/bert/model.safetensors'));
      // The content's SHA-256, as hubs send it.
      const digest = Buffer.from(await crypto.subtle.digest('SHA-256', weights)).toString('hex');
      const damaged = Buffer.from(weights);
      damaged[damaged.length - 5] ^= 1;
      let body = damaged;
      fault = (path, request, response) => {
        if (!path.endsWith('/model.safetensors')) return false;
        response.writeHead(200, { 'Content-Length': body.length, ETag: `"${digest}"` });
        response.end(body);
        return true;
      };
      const failure = await loadFailure(BERT);
      assert.equal(failure.code, 'corrupt_file');
      assert.ok(failure.message.includes(digest));
      body = weights;
      requests = [];
      await loadModel(BERT);
      assert.deepEqual(
        weightRequests().map(({ range }) => range),
        [undefined],
      );
    });

    /** What a server of another origin answers to a preflight. */
    const preflights = {
      'refuses to resume': null,
      'hides which part it gives': {
        'Access-Control-Allow-Origin': '*',
        'Access-Control-Allow-Headers': 'Range, If-Range',
      },
    };
    for (const [how, allowed] of Object.entries(preflights)) {
      test(`downloads anew from another origin that ${how}`, async () => {
        const weights = readFileSync(fixture('models/bert/model.safetensors'));
        const ranges = [];
        const other = await serveDemo({
          folders: FOLDERS,
          intercept(path, request, response) {
            if (request.method === 'OPTIONS') {
              if (allowed) response.writeHead(204, allowed).end();
              return allowed !== null;
            }
            response.setHeader('Access-Control-Allow-Origin', '*');
            response.setHeader('Access-Control-Expose-Headers', 'ETag');
            response.setHeader('Cache-Control', 'no-store');
            if (!path.endsWith('/model.safetensors')) return false;
            const { range } = request.headers;
            ranges.push(range);
            const part = range ? weights.subarray(50_000) : weights;
            response.writeHead(range ? 206 : 200, { 'Content-Length': part.length, ETag: '"one"' });
            if (ranges.length > 1) response.end(part);
            else {
              response.write(part.subarray(0, 50_000), () =>
                setTimeout(() => response.destroy(), 300),
              );
            }
            return true;
          },
        });
        try {
          const source = new URL(BERT, other.url).href;
          assert.equal((await loadFailure(source)).code, 'network');
          await loadModel(source);
          assert.equal((await logits([[1, 5, 7]])).length, 3);
          const asked = allowed ? [undefined, 'bytes=50000-', undefined] : [undefined, undefined];
          assert.deepEqual(ranges, asked);
        } finally {
          await other.close();
        }
      });
    }

    /** Ways in which browsers refuse IndexedDB. */
    const refusals = {
      'fails to open': `indexedDB.open = () => {
        const request = { error: new DOMException('Refused by the test.', 'InvalidStateError') };
        setTimeout(() => request.onerror());
        return request;
      };`,
      throws: NO_INDEXED_DB,
      'is missing': `Object.defineProperty(globalThis, 'indexedDB', { value: undefined });`,
      'is full': `const put = IDBObjectStore.prototype.put;
        IDBObjectStore.prototype.put = function (...record) {
          const request = put.apply(this, record);
          if (record[0] instanceof Uint8Array) queueMicrotask(() => this.transaction.abort());
          return request;
        };`,
    };
    for (const [how, script] of Object.entries(refusals)) {
      test(`works and says so when the cache ${how}`, async () => {
        await beforeWorkers(page, script);
        await open();
        await loadModel(BERT);
        assert.equal((await logits([[1, 5, 7]])).length, 3);
        const warnings = await page.evaluate(() => window.warnings);
        assert.ok(warnings.length > 0);
        for (const warning of warnings) assert.match(warning, /not kept/);
        const before = weightRequests().length;
        await loadModel(BERT);
        assert.ok(weightRequests().length > before);
      });
    }

    test('loads files that the user chose', async () => {
      await loadModel(BERT);
      const ids = [[1, 5, 7]];
      const expected = await logits(ids);
      const names = ['config.json', 'model.safetensors'];
      for (const form of ['File', 'Uint8Array']) {
        const given = await page.evaluate(
          async (folder, files, as, input_ids) => {
            const source = {};
            for (const file of files) {
              const blob = await (await fetch(`${folder}/${file}`)).blob();
              source[file] =
                as === 'File' ? new File([blob], file) : new Uint8Array(await blob.arrayBuffer());
            }
            const { AutoModelForSequenceClassification } = window.verdict;
            const model = await AutoModelForSequenceClassification.from_pretrained(source);
            const { logits } = await model.forward({ input_ids });
            await model.dispose();
            return Array.from(logits.data);
          },
          BERT,
          names,
          form,
          ids,
        );
        assert.deepEqual(given, expected, form);
      }
    });

    test('reads what PyTorch wrote', async () => {
      for (const folder of readdirSync(fixture('checkpoints/pytorch'))) {
        const place = `checkpoints/pytorch/${folder}`;
        await loadModel(`/fixtures/${place}`);
        const inputs = readSafetensors(fixture(`${place}/inputs.safetensors`));
        const given = Object.entries(inputs).filter(([input]) => !input.startsWith('single.'));
        const { logits: expected } = readSafetensors(fixture(`${place}/expected.safetensors`));
        await expectLogits(given, expected, folder);
        await page.evaluate(() => window.model.dispose());
      }
    });

    test('reads a folder that was quantised on disk', async () => {
      const program = process.env.VERDICT_CONVERT ?? `${root}/build/native/bin/verdict-convert`;
      const folder = join(converted, name);
      execFileSync(program, [fixture('models/bert'), folder, '--quantize', 'q8']);
      const ids = [[1, 5, 7, 9]];
      await loadModel(BERT, { dtype: 'q8' });
      const expected = await logits(ids);
      await page.evaluate(() => window.model.dispose());
      await loadModel(`/converted/${name}`);
      assert.equal(await page.evaluate(() => window.model.dtype), 'q8');
      assert.deepEqual(await logits(ids), expected);
    });

    test('gives errors with their code', async () => {
      const failures = await page.evaluate(async (base) => {
        const { AutoModelForSequenceClassification: AutoModel, pipeline } = window.verdict;
        return {
          dtype: await window.failure(AutoModel.from_pretrained(base, { dtype: 'int4' })),
          missing: await window.failure(AutoModel.from_pretrained(`${base}-none`)),
          name: await window.failure(AutoModel.from_pretrained('no such name')),
          server: await window.failure(AutoModel.from_pretrained('http://localhost:1/model')),
          task: await window.failure(pipeline('translation')),
        };
      }, new URL(BERT, isolated.url).href);
      const codes = Object.fromEntries(
        Object.entries(failures).map(([what, { code }]) => [what, code]),
      );
      assert.deepEqual(codes, {
        dtype: 'invalid_argument',
        missing: 'not_found',
        name: 'not_found',
        server: 'network',
        task: 'unsupported',
      });
      for (const failure of Object.values(failures)) {
        assert.ok(failure.verdict && failure.name === 'VerdictError', failure.message);
      }
      assert.ok(failures.dtype.message.includes('int4'));
      const wrong = {
        500: [500, 'text/plain', 'Broken'],
        page: [200, 'text/html', '<!doctype html><title>Log in</title>'],
      };
      for (const [what, [status, type, body]] of Object.entries(wrong)) {
        fault = (path, request, response) => {
          if (!path.endsWith('/config.json')) return false;
          response.writeHead(status, { 'Content-Type': type }).end(body);
          return true;
        };
        assert.equal((await loadFailure('/fixtures/models/albert')).code, 'network', what);
      }
    });

    test('memory that runs out is an error, and the engine stays usable', async () => {
      await loadModel(BERT);
      const failure = await page.evaluate(() =>
        window.failure(
          window.verdict.AutoModelForSequenceClassification.from_config({
            model_type: 'bert',
            vocab_size: 4_000_000,
            hidden_size: 4096,
            num_attention_heads: 1,
          }),
        ),
      );
      assert.equal(failure.code, 'out_of_memory');
      assert.match(failure.message, /memory/);
      assert.equal((await logits([[1, 5, 7]])).length, 3);
    });

    test('frees the engine when the last object goes, not before', async () => {
      const dims = await page.evaluate(async (base) => {
        const { AutoModelForSequenceClassification: AutoModel } = window.verdict;
        const first = await AutoModel.from_pretrained(base);
        // The second one is on its way while the first one, the last alive, goes.
        const ending = first.dispose();
        const second = await AutoModel.from_pretrained(base);
        await ending;
        const { logits } = await second.forward({ input_ids: [[1, 5]] });
        await second.dispose();
        return logits.dims;
      }, new URL(BERT, isolated.url).href);
      assert.deepEqual(dims, [1, 3]);
      await until(() => page.workers().length === 0, 'the worker ended');
    });

    test('takes the best variant that the page can use', async () => {
      const variant = async (server) => {
        await open(server);
        return page.evaluate(async (bytes) => {
          window.verdict.env.wasm.threads = 2;
          const { variant, threads } = await window.verdict.build_info();
          return {
            variant,
            threads,
            isolated: window.crossOriginIsolated,
            relaxed: WebAssembly.validate(new Uint8Array(bytes)),
          };
        }, RELAXED_MODULE);
      };
      const together = await variant(isolated);
      const level = together.relaxed ? 'relaxed' : 'simd';
      assert.deepEqual(together, {
        variant: `${level}-threads`,
        threads: 2,
        isolated: true,
        relaxed: level === 'relaxed',
      });
      const alone = await variant(plain);
      assert.deepEqual(alone, {
        variant: level,
        threads: 1,
        isolated: false,
        relaxed: level === 'relaxed',
      });
    });

    test('gives the logits of the reference in every variant', async (t) => {
      const relaxed = await page.evaluate(
        (bytes) => WebAssembly.validate(new Uint8Array(bytes)),
        RELAXED_MODULE,
      );
      const levels = relaxed ? ['simd', 'relaxed'] : ['simd'];
      let compared = 0;
      for (const variant of levels.flatMap((level) => [level, `${level}-threads`])) {
        await open();
        const used = await page.evaluate(async (wanted) => {
          Object.assign(window.verdict.env.wasm, { variant: wanted, threads: 2 });
          return (await window.verdict.build_info()).variant;
        }, variant);
        assert.equal(used, variant);
        for (const folder of SMOKE) {
          const inputs = readSafetensors(fixture(`models/${folder}/inputs.safetensors`));
          const expected = readSafetensors(fixture(`models/${folder}/expected.safetensors`));
          await loadModel(`/fixtures/models/${folder}`);
          for (const [key, { dims, data }] of Object.entries(expected)) {
            const name = /^(.*)\.logits$/.exec(key)?.[1];
            const given = Object.entries(inputs)
              .filter(([input]) => input.startsWith(`${name}.`))
              .map(([input, tensor]) => [input.slice(name.length + 1), tensor]);
            // Models of other heads have logits, too, but no inputs of their own.
            if (given.length === 0) continue;
            await expectLogits(given, { dims, data }, `${variant} ${folder} ${key}`);
            compared += 1;
          }
          await page.evaluate(() => window.model.dispose());
        }
      }
      t.diagnostic(`${compared} outputs compared in ${levels.length * 2} variants`);
      assert.ok(compared >= levels.length * 2 * SMOKE.length);
    });
  });
}
