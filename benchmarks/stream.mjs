// node benchmarks/stream.mjs [RUNS]: how the cost of many texts grows, natively, with the bundled model.
// First 10,000 texts through `verdict classify` on two threads, computed together and one by one; then
// tokens a second in batches of 8, 64 and 512 texts of 16 to 128 tokens, on one thread. Needs the
// native build with -DVERDICT_BUILD_BENCHMARKS=ON; runs alternate.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { BATCHES, makeRows } from './batches.mjs';
import { Engine } from './engine.mjs';
import { round, summary, timesFaster } from './statistics.mjs';
import { evaluationTexts } from './tokenizers.mjs';

const runs = Number(process.argv[2] ?? 5);
if (!Number.isInteger(runs) || runs < 1) {
  console.error(`error: RUNS is "${process.argv[2]}"; a whole number from 1 on was expected.`);
  process.exit(2);
}
const root = new URL('..', import.meta.url).pathname;
const folder = join(root, 'models/verdict-sentiment-en');
const TEXTS = 10_000;
const texts = evaluationTexts(root);
const input = Array.from(
  { length: TEXTS },
  (_, i) => `${JSON.stringify(texts[i % texts.length])}\n`,
);

function classify(dtype, options) {
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(
    join(root, 'build/native/bin/verdict'),
    ['classify', folder, '--threads', '2', '--dtype', dtype, ...options],
    { input: input.join(''), encoding: 'utf8', maxBuffer: 1 << 28 },
  );
  const ms = performance.now() - start;
  if (status !== 0) throw new Error(`verdict classify failed: ${stderr}${stdout.slice(0, 500)}`);
  const labels = stdout
    .trim()
    .split('\n')
    .map((line) => line.split('\t')[0]);
  return { ms, labels };
}

const speed = (times) => {
  const { median, min, max } = summary(times.map((ms) => (1000 * TEXTS) / ms));
  return `${median} texts/s (${min}…${max})`;
};
for (const dtype of ['f32', 'q8']) {
  const together = [];
  const single = [];
  for (let turn = 0; turn < runs; ++turn) {
    const many = classify(dtype, []);
    const one = classify(dtype, ['--batch-size', '1']);
    const same = many.labels.filter((label, i) => label === one.labels[i]).length;
    if (many.labels.length !== TEXTS || same < TEXTS - 5)
      throw new Error(`Only ${same} of ${TEXTS} texts have the same label both ways.`);
    together.push(many.ms);
    single.push(one.ms);
  }
  console.log(
    `${TEXTS} texts, ${dtype}, 2 threads, start and tokenizer included: ${speed(together)} together, ` +
      `${speed(single)} one by one, ${timesFaster(together, single)} times faster`,
  );
}

for (const dtype of ['f32', 'q8']) {
  const contestant = { peer: 'verdict-native', runtime: 'own', dtype, threads: 1 };
  const engine = await Engine.start(contestant, { root }, '0');
  await engine.load({ folder });
  const counts = [8, 64, 512];
  for (const count of counts) {
    const lengths = Array.from({ length: count }, (_, i) => BATCHES.mixed[i % 8]);
    await engine.request({ op: 'prepare', batch: String(count), rows: makeRows(lengths) });
  }
  const speeds = counts.map(() => []);
  for (let turn = 0; turn <= runs; ++turn) {
    for (const [i, count] of counts.entries()) {
      // As many tokens at every size.
      let ms = 0;
      for (let done = 0; done < 512; done += count) {
        const { time } = await engine.request({ op: 'run', batch: String(count) });
        ms += time.ms - time.waited_ms;
      }
      if (turn > 0) speeds[i].push((1000 * 512 * 72) / ms);
    }
  }
  await engine.stop();
  const medians = speeds.map((values) => summary(values).median);
  console.log(
    `${dtype}, 1 thread: ` +
      counts.map((n, i) => `${n} texts ${Math.round(medians[i])} tokens/s`).join(', ') +
      `; largest over smallest ${round(Math.max(...medians) / Math.min(...medians))}`,
  );
}
