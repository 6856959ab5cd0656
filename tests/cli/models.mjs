// Folders that the cases use, made of the fixtures in a temporary folder.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './programs.mjs';
import { readSafetensors, writeSafetensors } from './safetensors.mjs';

export const bert = join(root, 'tests/fixtures/models/bert');
export const bundled = join(root, 'models/verdict-sentiment-en');

export const scratch = mkdtempSync(join(tmpdir(), 'verdict-cli-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

const letters = [...'abcdefghijklmnopqrstuvwxyz'];
const vocabulary = [
  '[PAD]',
  '[UNK]',
  '[CLS]',
  '[SEP]',
  '[MASK]',
  ...letters,
  ...letters.map((x) => `##${x}`),
];

function folder(name, files) {
  const path = join(scratch, name);
  mkdirSync(path);
  for (const [file, content] of Object.entries(files)) writeFileSync(join(path, file), content);
  return path;
}

const tokenizer = {
  'vocab.txt': vocabulary.join('\n') + '\n',
  'tokenizer_config.json': JSON.stringify({
    tokenizer_class: 'BertTokenizer',
    do_lower_case: true,
  }),
};

/** The BERT of the fixtures with a tokenizer of letters; 64 positions, three labels. */
export const tiny = folder('tiny', tokenizer);
copyFileSync(join(bert, 'config.json'), join(tiny, 'config.json'));
copyFileSync(join(bert, 'model.safetensors'), join(tiny, 'model.safetensors'));

/** The same without its head. */
export const headless = folder('headless', tokenizer);
copyFileSync(join(bert, 'config.json'), join(headless, 'config.json'));
const body = [...readSafetensors(join(bert, 'model.safetensors'))].filter(([name]) =>
  name.startsWith('bert.'),
);
writeSafetensors(join(headless, 'model.safetensors'), new Map(body));

/** `tiny` with NaN in its embedding of "x". */
export const broken = folder('broken', tokenizer);
copyFileSync(join(bert, 'config.json'), join(broken, 'config.json'));
const weights = new Map(readSafetensors(join(bert, 'model.safetensors')));
const words = weights.get('bert.embeddings.word_embeddings.weight');
const brokenWords = Buffer.from(words.bytes);
brokenWords.writeFloatLE(NaN, 4 * words.shape[1] * vocabulary.indexOf('x'));
weights.set('bert.embeddings.word_embeddings.weight', { ...words, bytes: brokenWords });
writeSafetensors(join(broken, 'model.safetensors'), weights);

/** Only a tokenizer. */
export const wordsOnly = folder('words-only', tokenizer);

export const unknownType = folder('unknown-type', { 'config.json': '{"model_type": "mystery"}' });

/** Inputs of one case, without a case's name before them, and one that BERT does not take. */
const inputs = readSafetensors(join(bert, 'inputs.safetensors'));
export const plainInputs = join(scratch, 'inputs.safetensors');
const single = {
  input_ids: inputs.get('single.input_ids'),
  token_type_ids: inputs.get('single.token_type_ids'),
};
writeSafetensors(
  plainInputs,
  new Map([
    ...Object.entries(single),
    ['other.pixel_values', single.input_ids],
    ['strange.input_ids', single.input_ids],
    ['strange.pixel_values', single.input_ids],
  ]),
);
