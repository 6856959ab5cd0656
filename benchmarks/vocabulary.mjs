// node benchmarks/vocabulary.mjs FILE: a tokenizer.json of Gemma's size and form: byte-pair encoding
// with 262144 tokens and half a million merges, 17 MB. The same file at every call.
import { writeFileSync } from 'node:fs';
import { generator } from './batches.mjs';

const TOKENS = 262144;
const MERGES = 514906;
const LONGEST = 8;

/** A tokenizer.json as the reference writes it. */
export function largeTokenizer() {
  const random = generator(11);
  const pick = (list) => list[Math.floor(random() ** 6 * list.length)];
  const range = (first, last) =>
    Array.from({ length: last - first + 1 }, (_, i) => String.fromCodePoint(first + i));
  const specials = ['<pad>', '<eos>', '<bos>', '<unk>'];
  const bytes = Array.from(
    { length: 256 },
    (_, i) => `<0x${i.toString(16).toUpperCase().padStart(2, '0')}>`,
  );
  const pieces = ['▁', ...range(0x61, 0x7a), ...range(0x21, 0x60), ...range(0xe0, 0xff)];
  const known = new Set([...specials, ...bytes, ...pieces]);
  const merges = [];
  while (known.size < TOKENS) {
    const left = pick(pieces);
    const right = pick(pieces);
    const token = left + right;
    if (token.length > LONGEST || known.has(token)) continue;
    known.add(token);
    pieces.push(token);
    merges.push(`${left} ${right}`);
  }
  // Further ways to put the same tokens together.
  const done = new Set(merges);
  for (let i = pieces.length - 1; merges.length < MERGES; i = i > 0 ? i - 1 : pieces.length - 1) {
    const token = pieces[i];
    for (let at = 1; at < token.length; ++at) {
      const merge = `${token.slice(0, at)} ${token.slice(at)}`;
      if (done.has(merge) || !merge.split(' ').every((part) => known.has(part))) continue;
      done.add(merge);
      merges.push(merge);
    }
    if (i === 0) break;
  }
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: specials.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
    pre_tokenizer: null,
    post_processor: null,
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
      ],
    },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: '<unk>',
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: true,
      byte_fallback: true,
      ignore_merges: false,
      vocab: Object.fromEntries([...known].map((token, id) => [token, id])),
      merges: merges.slice(0, MERGES),
    },
  };
}

export function writeLargeTokenizer(path) {
  writeFileSync(path, `${JSON.stringify(largeTokenizer(), null, 2)}\n`);
}

if (process.argv[1] === new URL(import.meta.url).pathname) writeLargeTokenizer(process.argv[2]);
