// The numbers that the project set out to reach, beside what a run measured.

import { readFileSync } from 'node:fs';
import { BATCHES } from './batches.mjs';

const MB = 1e6;
const budget = JSON.parse(
  readFileSync(new URL('../web/size-budget.json', import.meta.url), 'utf8'),
);

/** Group, name and how many times faster than the fastest peer, by batch. */
const SPEEDS = [
  ['wasm-f32', 'WASM f32, plain SIMD', [1.5, 1.65, 1.7, 1.65, 3]],
  ['relaxed-f32', 'WASM f32, relaxed SIMD', [1.9, 2.2, 2.4, 2.2, 3.8]],
  ['chromium-f32', 'WASM f32, relaxed SIMD in Chromium', [1.9, 2.2, 2.4, 2.2, 3.8]],
  ['wasm-q8', 'WASM q8, plain SIMD', [1.6, 1.55, 1.7, 1.5, 2.7]],
  ['relaxed-q8', 'WASM q8, relaxed SIMD', [2.2, 2.1, 2.4, 2.1, 3.6]],
  ['chromium-q8', 'WASM q8, relaxed SIMD in Chromium', [2.2, 2.1, 2.4, 2.1, 3.6]],
  ['native-f32', 'native f32', [1.3, 1.2, 1.2, 1.15, 2.1]],
  ['native-q8', 'native q8', [1.5, 1.6, 1.5, 1.5, 2.8]],
  ['native-bf16', 'native bf16', [1.3, 1.2, 1.05, 1.05, 1.9]],
];

/** Rows {what, unit, bound: "at least" | "at most", goal, measured (null: not in this run), met}. */
export function goals(results) {
  const entry = (group, batch, model = 'minilm') =>
    results.latency.find((e) => e.group === group && e.batch === batch && e.model === model);
  const ours = (group, batch, threads = 1) =>
    entry(group, batch)?.engines.find((e) => e.times_faster && e.threads === threads);
  /** Times faster than the fastest peer. */
  const faster = (group, batch) => {
    const times = Object.values(ours(group, batch)?.times_faster ?? {});
    return times.length > 0 ? Math.min(...times) : null;
  };
  const peers = (group) => Object.keys(ours(group, '1x128')?.times_faster ?? {}).join(', ');
  const find = (list, match) =>
    list.find((e) => Object.keys(match).every((k) => e[k] === match[k]));

  const rows = [];
  const add = (what, unit, bound, goal, measured) => {
    const met =
      measured === null ? null : bound === 'at least' ? measured >= goal : measured <= goal;
    rows.push({ what, unit, bound, goal, measured, met });
  };
  const speed = (what, group, batch, goal) => {
    const than = peers(group);
    add(
      `${what}, 1 thread, ${batch}${than && `, over ${than}`}`,
      '×',
      'at least',
      goal,
      faster(group, batch),
    );
  };
  for (const [group, name, least] of SPEEDS) {
    for (const [i, batch] of Object.keys(BATCHES).entries()) speed(name, group, batch, least[i]);
  }
  for (const runtime of ['node', 'newer-node']) {
    const own = find(results.accuracy, { engine: 'verdict-wasm', runtime });
    const peer = find(results.accuracy, { engine: 'onnxruntime-web', runtime });
    add(
      `WASM q8, ${own?.detail || runtime}: error of the logits over onnxruntime-web's`,
      '×',
      'at most',
      1,
      own && peer ? Number((own.rms / peer.rms).toPrecision(2)) : null,
    );
  }
  for (const [group, name] of [
    ['wasm-f32', 'WASM f32, plain SIMD'],
    ['relaxed-f32', 'WASM f32, relaxed SIMD'],
    ['chromium-f32', 'WASM f32 in Chromium'],
    ['firefox-f32', 'WASM f32 in Firefox'],
    ['native-f32', 'native f32'],
  ]) {
    const measured = ours(group, '1x128', 2)?.times_one_thread ?? null;
    add(`${name}: 2 threads over 1, 1x128`, '×', 'at least', 1.8, measured);
  }
  const download = results.sizes.filter((size) => size.ours).map((size) => size.brotli);
  const kibibytes = (bytes) => Number((bytes / 1024).toFixed(1));
  add(
    'download to run, brotli, largest variant',
    'KiB',
    'at most',
    kibibytes(budget.brotli_bytes),
    download.length > 0 ? kibibytes(Math.max(...download)) : null,
  );
  const base = find(results.memory, {
    model: 'bert-base',
    engine: 'verdict-wasm',
    runtime: 'node',
    dtype: 'f32',
  });
  const weights = base?.f32_weights_bytes ?? 437.9 * MB;
  add(
    'peak memory, BERT-base f32 loaded and run in Node',
    'MB',
    'at most',
    Math.round((1.35 * weights) / MB + 60),
    base ? Math.round(base.peak_bytes / MB) : null,
  );
  const start = find(results.load, { engine: 'verdict-wasm', dtype: 'f32' });
  add(
    'cached bytes to first logits, bundled model, 1x16',
    'ms',
    'at most',
    250,
    start?.total_ms.median ?? null,
  );
  const tokenizing = (tokenizer, engine) =>
    find(results.tokenizers, { tokenizer, engine, detail: '', texts_title: 'evaluation texts' });
  for (const [engine, name, goal] of [
    ['verdict-wasm', 'WASM', 10],
    ['verdict-native', 'native', 20],
  ]) {
    const measured = tokenizing('wordpiece', engine)?.megabytes_per_second ?? null;
    add(`tokenizing, WordPiece, 1 thread, ${name}`, 'MB/s', 'at least', goal, measured);
  }
  for (const [tokenizer, kind] of [
    ['bpe', 'byte-level BPE'],
    ['unigram', 'Unigram'],
  ]) {
    for (const [engine, peer, name, goal] of [
      ['verdict-native', 'rust-tokenizers', 'native over the Rust library', 3],
      ['verdict-wasm', 'huggingface-tokenizers', 'WASM over @huggingface/tokenizers', 4],
    ]) {
      const measured = tokenizing(tokenizer, engine)?.times_faster[peer] ?? null;
      add(`tokenizing, ${kind}, ${name}`, '×', 'at least', goal, measured);
    }
  }
  return rows;
}
