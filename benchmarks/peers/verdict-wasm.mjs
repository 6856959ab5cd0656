// This library as the npm package, in Node and in browsers.
import { padded } from '../batches.mjs';

export const title = 'Verdict';
export const library = { node: 'web/dist/index.js', browser: 'web/dist/index.js' };

export async function load(model, { dtype, threads, variant, url }) {
  const { AutoModelForSequenceClassification, Tensor, build_info, env } = await import(url);
  Object.assign(env.wasm, { threads, variant });
  const loaded = await AutoModelForSequenceClassification.from_pretrained(model.folder, { dtype });
  return {
    detail: `variant ${(await build_info()).variant}`,
    prepare(rows) {
      const { dims, tensors } = padded(rows);
      return Object.fromEntries(
        Object.entries(tensors).map(([name, data]) => [name, new Tensor('int64', data, dims)]),
      );
    },
    run: async (inputs) => (await loaded.forward(inputs)).logits.data,
    dispose: () => loaded.dispose(),
  };
}

export async function loadTokenizer(model, { variant, url }) {
  const { AutoTokenizer, env } = await import(url);
  Object.assign(env.wasm, { threads: 1, variant });
  const tokenizer = await AutoTokenizer.from_pretrained(model.folder);
  return {
    encode: async (texts) => {
      const rows = await tokenizer.encode_batch(texts, { return_offsets_mapping: true });
      return rows.map((row) => row.input_ids);
    },
    dispose: () => tokenizer.dispose(),
  };
}
