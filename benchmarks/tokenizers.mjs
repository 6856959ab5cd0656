// The tokenizers of the benchmarks and the texts that they read.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Texts of a file of the evaluation set. */
function textsOf(root, file) {
  const lines = readFileSync(join(root, 'tests/fixtures/eval', file), 'utf8')
    .trim()
    .split('\n');
  return lines.map((line) => JSON.parse(line).text);
}

export const evaluationTexts = (root) => textsOf(root, 'test.jsonl');

/** What is tokenized: {title, texts}. */
export function textSets(root) {
  return [
    { title: 'evaluation texts', texts: evaluationTexts(root) },
    { title: 'one long document', texts: [textsOf(root, 'long.jsonl').join('\n').repeat(8)] },
  ];
}

/**
 * Tokenizers {name, title, folder}: the bundled model's, and two of GPT-2's and T5's kinds that the
 * Rust library trains on the evaluation texts, because the repository does not carry the published
 * ones.
 */
export function prepareTokenizers({ root, cache, python }) {
  const script = join(root, 'benchmarks/peers/rust_tokenizers.py');
  const texts = [...evaluationTexts(root), ...textsOf(root, 'long.jsonl')];
  const input = texts.map((text) => text.replaceAll(/\s+/g, ' ')).join('\n');
  const hash = createHash('sha256').update(readFileSync(script)).update(input);
  const trained = join(cache, `tokenizers-${hash.digest('hex').slice(0, 16)}`);
  const train = (kind, config) => {
    const folder = join(trained, kind);
    const file = join(folder, 'tokenizer.json');
    if (existsSync(file)) return folder;
    mkdirSync(folder, { recursive: true });
    const partial = `${file}.${process.pid}.partial`;
    const { status, stderr } = spawnSync(python, [script, '--train', kind, partial], { input });
    if (status !== 0) throw new Error(`Training a ${kind} tokenizer failed: ${stderr}`);
    writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify(config));
    renameSync(partial, file);
    return folder;
  };
  return [
    {
      name: 'wordpiece',
      title: 'WordPiece (the bundled model)',
      folder: join(root, 'models/verdict-sentiment-en'),
    },
    {
      name: 'bpe',
      title: 'byte-level BPE',
      folder: train('bpe', { tokenizer_class: 'GPT2Tokenizer' }),
    },
    {
      name: 'unigram',
      title: 'Unigram',
      folder: train('unigram', { tokenizer_class: 'T5Tokenizer' }),
    },
  ];
}
