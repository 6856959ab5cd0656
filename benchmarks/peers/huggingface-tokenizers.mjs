export const title = '@huggingface/tokenizers';
export const npmPackage = '@huggingface/tokenizers';
export const library = { node: '@huggingface/tokenizers/dist/tokenizers.mjs' };

export async function loadTokenizer(model, { url }) {
  const { readFile } = await import('node:fs/promises');
  const { Tokenizer } = await import(url);
  const json = async (name) => JSON.parse(await readFile(`${model.folder}/${name}`, 'utf8'));
  const tokenizer = new Tokenizer(
    await json('tokenizer.json'),
    await json('tokenizer_config.json'),
  );
  return {
    encode: async (texts) => texts.map((text) => tokenizer.encode(text).ids),
    dispose: async () => {},
  };
}
