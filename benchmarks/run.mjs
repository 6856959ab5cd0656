// Measures this library beside its peers; `npm run benchmark -- --help`.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, getPriority, homedir, loadavg, totalmem } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { builtVariants, totalSize, variantFiles } from '../scripts/package-sizes.mjs';
import { BATCHES } from './batches.mjs';
import { BROWSERS, Engine } from './engine.mjs';
import { goals } from './goals.mjs';
import { Measurement } from './measure.mjs';
import { prepareModel } from './models.mjs';
import { LOADERS, TOKENIZERS, latencyGroups } from './plan.mjs';
import { fullReport } from './report.mjs';
import { evaluationTexts, prepareTokenizers, textSets } from './tokenizers.mjs';

const PARTS = ['latency', 'accuracy', 'load', 'memory', 'sizes', 'tokenizers'];

const HELP = `npm run benchmark -- [options]

Builds the library, installs its peers in the cache folder, measures both and prints tables.
A complete run is written to benchmarks/results.json, any other to benchmarks/results/latest.json.

  --quick          3 runs, few batches, no BERT-base: does everything work?
  --runs N         alternating runs of each measurement, from 1 on (default 20)
  --only LIST      parts, by commas: ${PARTS.join(', ')}
  --groups LIST    groups of the latencies, by commas: ${latencyGroups()
    .map((g) => g.id)
    .join(', ')}
  --cpus A,B       the two CPUs to run on (default 0,1); one thread runs on the first
  --no-setup       neither build nor install
  --output FILE    where the results go
  --help`;

class UsageError extends Error {}

function usage(message) {
  throw new UsageError(`${message} See npm run benchmark -- --help.`);
}

/** A list of known names. */
function listOf(text, known, option) {
  if (text === undefined) return known;
  const names = text.split(',');
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    usage(`${option} does not know "${unknown}"; it knows ${known.join(', ')}.`);
  return names;
}

/** Whether this CPU multiplies bfloat16. */
const hasBf16 = () => /\bavx512_bf16\b/.test(readFileSync('/proc/cpuinfo', 'utf8'));

function parseOptions(args) {
  const options = {
    quick: { type: 'boolean', default: false },
    runs: { type: 'string' },
    only: { type: 'string' },
    groups: { type: 'string' },
    cpus: { type: 'string', default: '0,1' },
    'no-setup': { type: 'boolean', default: false },
    output: { type: 'string' },
    help: { type: 'boolean', default: false },
  };
  let values;
  try {
    ({ values } = parseArgs({ args, options }));
  } catch (error) {
    usage(`${error.message}.`.replace(/\.+$/, '.'));
  }
  const runs = values.runs ?? (values.quick ? '3' : '20');
  if (!/^[1-9]\d{0,3}$/.test(runs))
    usage(`--runs is "${runs}"; a whole number from 1 to 9999 was expected.`);
  if (!/^\d+,\d+$/.test(values.cpus))
    usage(`--cpus is "${values.cpus}"; two numbers were expected, as in 0,1.`);
  const pinned = values.cpus.split(',').map(Number);
  if (pinned[0] === pinned[1] || Math.max(...pinned) >= cpus().length) {
    usage(`--cpus is "${values.cpus}"; two different CPUs below ${cpus().length} were expected.`);
  }
  const groups = latencyGroups().filter(({ id }) => id !== 'native-bf16' || hasBf16());
  const known = groups.map((group) => group.id);
  const chosen = listOf(values.groups, known, '--groups');
  return {
    ...values,
    runs: Number(runs),
    cpus: pinned,
    parts: listOf(values.only, PARTS, '--only'),
    groups: groups.filter((group) => chosen.includes(group.id)),
    complete: !values.quick && !values.only && !values.groups && Number(runs) >= 20,
  };
}

const root = resolve(import.meta.dirname, '..');
const cacheHome = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
const cache = join(cacheHome, 'verdict/benchmarks');
const places = {
  root,
  cache,
  peers: join(cache, 'peers/node_modules'),
  python: join(cache, 'python/bin/python'),
  newerNode: join(cacheHome, 'verdict/node/node_modules/node/bin/node'),
};
const say = (text) => process.stderr.write(`${text}\n`);

function output(command, ...args) {
  const { stdout, status } = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : '';
}

/** Versions of everything that takes part. */
async function versions(groups) {
  const version = (path) => JSON.parse(readFileSync(path, 'utf8')).version;
  const found = {
    Verdict: `${version(join(root, 'package.json'))} (${output('git', 'rev-parse', '--short', 'HEAD')})`,
  };
  const peers = JSON.parse(readFileSync(new URL('peers/package.json', import.meta.url), 'utf8'));
  for (const name of Object.keys(peers.dependencies)) {
    found[name] = version(join(places.peers, name, 'package.json'));
  }
  const requirements = readFileSync(new URL('peers/requirements.txt', import.meta.url), 'utf8');
  for (const [, name, number] of requirements.matchAll(/^([\w-]+)==(.+)$/gm)) found[name] = number;
  found.Node = process.version.slice(1);
  found['newer Node'] = output(places.newerNode, '--version').slice(1);
  for (const browser of BROWSERS) {
    const page = groups.flatMap((g) => g.contestants).find((c) => c.runtime === browser);
    if (!page) continue;
    const engine = await Engine.start(page, places, '0');
    const { version } = await engine.request({ op: 'version' });
    found[browser[0].toUpperCase() + browser.slice(1)] = version.replace(/^.*\//, '');
    await engine.stop();
  }
  return found;
}

/** Bytes that each has to download before it can run. */
function sizes() {
  const dist = join(root, 'web/dist');
  const own = builtVariants(dist).map((name) => ({
    name: `Verdict, ${name} (tokenizers included)`,
    ours: true,
    ...totalSize(variantFiles(dist, name)),
  }));
  const web = totalSize(
    ['ort.wasm.min.mjs', 'ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm'].map((file) =>
      join(places.peers, 'onnxruntime-web/dist', file),
    ),
  );
  const tokenizers = totalSize([
    join(places.peers, '@huggingface/tokenizers/dist/tokenizers.min.mjs'),
  ]);
  const both = Object.fromEntries(Object.keys(web).map((key) => [key, web[key] + tokenizers[key]]));
  return [
    ...own,
    { name: 'onnxruntime-web (CPU)', ours: false, ...web },
    { name: 'onnxruntime-web (CPU) and @huggingface/tokenizers', ours: false, ...both },
  ];
}

async function measure(options) {
  const measurement = new Measurement({ ...options, warmups: options.quick ? 1 : 3 }, places, say);
  const load_average = { before: loadavg()[0].toFixed(2) };
  const date = new Date().toISOString();
  const minilm = prepareModel('minilm', cache);
  const base = options.quick ? null : prepareModel('bert-base', cache);
  const has = (part) => options.parts.includes(part);
  const results = { latency: [], accuracy: [], load: [], memory: [], sizes: [], tokenizers: [] };
  if (has('sizes')) results.sizes = sizes();
  if (has('memory')) {
    for (const model of [minilm, base].filter(Boolean)) {
      results.memory.push(...(await measurement.memory(LOADERS, model)));
    }
  }
  if (has('load')) results.load = await measurement.load(LOADERS, minilm);
  if (has('tokenizers')) {
    for (const tokenizer of prepareTokenizers(places)) {
      for (const set of textSets(root)) {
        results.tokenizers.push(...(await measurement.tokenizers(TOKENIZERS, tokenizer, set)));
      }
    }
  }
  if (has('accuracy')) {
    const single = ({ dtype, threads }) => dtype === 'q8' && threads === 1;
    const contestants = options.groups.flatMap((group) => group.contestants.filter(single));
    const texts = evaluationTexts(root).slice(0, options.quick ? 20 : 300);
    results.accuracy = await measurement.accuracy(contestants, minilm, texts);
  }
  if (has('latency')) {
    const batches = options.quick ? ['1x16', '1x128', 'mixed'] : Object.keys(BATCHES);
    for (const group of options.groups) {
      results.latency.push(...(await measurement.latency(group, minilm, batches)));
      if (base && !BROWSERS.includes(group.contestants[0].runtime)) {
        results.latency.push(...(await measurement.latency(group, base, ['1x128'])));
      }
    }
  }
  load_average.after = loadavg()[0].toFixed(2);
  return {
    date,
    command: ['npm run benchmark', ...process.argv.slice(2)].join(' ').replace(' --', ' -- --'),
    machine: {
      cpu: cpus()[0].model.trim(),
      cpus: cpus().length,
      memory_bytes: totalmem(),
      nice: getPriority(),
      load_average,
    },
    runs: options.runs,
    engines: await versions(options.groups),
    ...results,
    goals: goals(results),
  };
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) {
    console.log(HELP);
  } else {
    if (!options['no-setup']) {
      const setup = spawnSync('bash', [join(root, 'benchmarks/setup.sh')], { stdio: 'inherit' });
      if (setup.status !== 0) throw new Error('benchmarks/setup.sh failed.');
    }
    const results = await measure(options);
    const file = options.complete ? 'benchmarks/results.json' : 'benchmarks/results/latest.json';
    const path = options.output ?? join(root, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${JSON.stringify(results, null, 1)}\n`);
    console.log(fullReport(results));
    say(`Written to ${path}.`);
  }
} catch (error) {
  process.stderr.write(`error: ${error.message}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
