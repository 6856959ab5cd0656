// The page's one classifier: loaded when it is first needed, and anew for another precision.
import { build_info, env, pipeline } from 'verdict';

/** The bundled model, or what the page's address names: `?model=URL`. */
export const model = new URL(
  new URLSearchParams(location.search).get('model') ?? './models/verdict-sentiment-en',
  location.href,
).href.replace(/\/+$/, '');

env.defaultModel = model;

let loaded = null;

/** Adds up the bytes of all files that are being downloaded. */
function countBytes(onBytes) {
  const files = new Map();
  return (event) => {
    if (event.status !== 'progress') return;
    files.set(event.file, event);
    let bytes = 0;
    let total = 0;
    for (const file of files.values()) {
      bytes += file.loaded;
      total += file.total;
    }
    onBytes(bytes, total);
  };
}

/**
 * The classifier with that precision. The one before is disposed of first, so that no two are in
 * memory.
 *
 * @param onLoad Called before a load begins.
 * @param onBytes Called with the downloaded bytes and all bytes, as far as they are known.
 */
export async function openClassifier(dtype, { onLoad, onBytes }) {
  if (loaded?.dtype === dtype) return loaded;
  onLoad();
  const previous = loaded;
  loaded = null;
  await previous?.classifier.dispose();
  let downloaded = 0;
  const begun = performance.now();
  const classifier = await pipeline('text-classification', null, {
    dtype,
    progress_callback: countBytes((bytes, total) => {
      downloaded = bytes;
      onBytes(bytes, total);
    }),
  });
  const milliseconds = performance.now() - begun;
  loaded = { dtype, classifier, milliseconds, downloaded, build: await build_info() };
  return loaded;
}

/** Classifies texts; longer ones than the model takes are cut, and their full length is told. */
export async function classify({ classifier }, texts) {
  const encodings = await classifier.tokenizer.encode_batch(texts);
  const begun = performance.now();
  const labels = await classifier(texts, { top_k: null, truncation: true });
  const milliseconds = performance.now() - begun;
  const limit = classifier.max_length;
  const results = texts.map((text, i) => ({
    text,
    labels: labels[i],
    tokens: encodings[i].input_ids.length,
    limit,
  }));
  return { results, milliseconds };
}
