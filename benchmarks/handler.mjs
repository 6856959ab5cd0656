// What an engine's process answers, for engines in JavaScript; native.cc and peers/python_host.py
// answer the same. Requests are {op, …}, and every answer is one object:
//   load {model, options}           → {ms, detail}      a model; options: dtype, threads, variant, url
//   prepare {batch, rows}           → {}                rows of token ids under a name
//   run {batch}                     → {ms, logits}      one forward pass
//   load_tokenizer {model, options} → {ms}
//   prepare_texts {texts}           → {}
//   tokenize {with_ids}             → {ms, ids}         all texts once; ids only when asked for
//   dispose {}                      → {}

export function createHandler(peer) {
  let engine;
  let tokenizer;
  let texts;
  const batches = new Map();
  const timed = async (call) => {
    const start = performance.now();
    const value = await call();
    return { value, ms: performance.now() - start };
  };
  const operations = {
    async load({ model, options }) {
      const { value, ms } = await timed(() => peer.load(model, options));
      engine = value;
      return { ms, detail: engine.detail };
    },
    async prepare({ batch, rows }) {
      batches.set(batch, engine.prepare(rows));
      return {};
    },
    async run({ batch }) {
      const inputs = batches.get(batch);
      const { value, ms } = await timed(() => engine.run(inputs));
      return { ms, logits: Array.from(value) };
    },
    async load_tokenizer({ model, options }) {
      const { value, ms } = await timed(() => peer.loadTokenizer(model, options));
      tokenizer = value;
      return { ms };
    },
    async prepare_texts(request) {
      texts = request.texts;
      return {};
    },
    async tokenize({ with_ids }) {
      const { value, ms } = await timed(() => tokenizer.encode(texts));
      return { ms, ids: with_ids ? value : null };
    },
    async dispose() {
      await engine?.dispose();
      await tokenizer?.dispose();
      return {};
    },
  };
  return (request) => {
    const operation = operations[request.op];
    if (!operation) throw new Error(`The operation "${request.op}" is unknown.`);
    return operation(request);
  };
}
