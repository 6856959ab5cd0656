// smoke.mjs SETTINGS: runs the model folders of the fixtures and a sample of the bundled model's
// evaluation set in the variant that `env.wasm` settings (JSON) choose; prints what it found as JSON.
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  AutoModelForSequenceClassification as AutoModel,
  Tensor,
  build_info,
  env,
  pipeline,
} from '../../../web/dist/index.js';
import { fixture } from './server.mjs';
import { elements, parseSafetensors } from './testing.mjs';

/** The types with a folder each, and variants of them. */
const FOLDERS = ['albert', 'bert', 'camembert', 'distilbert', 'electra', 'roberta', 'xlm-roberta'];
const ROWS = 200;

Object.assign(env.wasm, JSON.parse(process.argv[2]));

/** The largest distance from the reference's logits, in units of the fixtures' tolerance. */
async function distance(name) {
  const folder = fixture(`models/${name}`);
  const read = async (file) => parseSafetensors(await readFile(join(folder, file)));
  const inputs = await read('inputs.safetensors');
  const expected = elements((await read('expected.safetensors'))['main.logits']);
  const given = Object.entries(inputs)
    .filter(([key]) => key.startsWith('main.'))
    .map(([key, tensor]) => [
      key.slice('main.'.length),
      new Tensor('int64', elements(tensor), tensor.shape),
    ]);
  const model = await AutoModel.from_pretrained(folder);
  const { logits } = await model(Object.fromEntries(given));
  await model.dispose();
  const distances = [...expected].map(
    (value, i) => Math.abs(logits.data[i] - value) / (1e-5 + 1e-4 * Math.abs(value)),
  );
  return Math.max(...distances);
}

async function accuracy(dtype) {
  const lines = (await readFile(fixture('eval/test.jsonl'), 'utf8')).split('\n').slice(0, ROWS);
  const rows = lines.map((line) => JSON.parse(line));
  const logits = elements(
    parseSafetensors(await readFile(fixture('eval/expected.safetensors'))).logits,
  );
  const classifier = await pipeline('text-classification', null, { dtype });
  const { label2id } = classifier.model.config;
  const labels = await classifier(
    rows.map(({ text }) => text),
    { truncation: true, function_to_apply: 'none', top_k: null },
  );
  let furthest = 0;
  for (const [row, scores] of labels.entries()) {
    for (const { label, score } of scores) {
      const expected = logits[row * scores.length + label2id[label]];
      furthest = Math.max(furthest, Math.abs(score - expected));
    }
  }
  const right = labels.filter(([{ label }], i) => label === rows[i].label).length;
  const { int8_multiplications, padding_rows } = await classifier.model.counters();
  await classifier.dispose();
  return { furthest, right, int8_multiplications, padding_rows };
}

const distances = {};
const folders = await readdir(fixture('models'));
for (const name of folders.filter((folder) => FOLDERS.includes(folder.split('__')[0]))) {
  distances[name] = await distance(name);
}
const { variant, threads } = await build_info();
const found = {
  variant,
  threads,
  rows: ROWS,
  distances,
  f32: await accuracy('f32'),
  q8: await accuracy('q8'),
};
console.log(JSON.stringify(found));
