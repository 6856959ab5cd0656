// The batches that are measured, as rows of token ids.

/** A number in [0, 1) at each call, the same ones for the same seed. */
export function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Lengths of the rows by batch. */
export const BATCHES = {
  '1x16': [16],
  '1x128': [128],
  '1x512': [512],
  '8x128': Array(8).fill(128),
  mixed: [16, 32, 48, 64, 80, 96, 112, 128],
};

const CLS = 101;
const SEP = 102;
/** Ids of whole words in BERT's vocabulary. */
const WORDS = { first: 1996, count: 18000 };

/** Rows of random words between [CLS] and [SEP], the same ones at every call. */
export function makeRows(lengths) {
  const random = generator(7);
  const word = () => WORDS.first + Math.floor(random() * WORDS.count);
  return lengths.map((length) => [CLS, ...Array.from({ length: length - 2 }, word), SEP]);
}

export const makeBatch = (name) => makeRows(BATCHES[name]);

/** Padded int64 arrays [rows, width] under the names of BERT's inputs, and their `dims`. */
export function padded(rows) {
  const width = Math.max(...rows.map((row) => row.length));
  const size = rows.length * width;
  const input_ids = new BigInt64Array(size);
  const attention_mask = new BigInt64Array(size);
  const token_type_ids = new BigInt64Array(size);
  for (const [r, row] of rows.entries()) {
    for (const [c, id] of row.entries()) {
      input_ids[r * width + c] = BigInt(id);
      attention_mask[r * width + c] = 1n;
    }
  }
  return { dims: [rows.length, width], tensors: { input_ids, attention_mask, token_type_ids } };
}
