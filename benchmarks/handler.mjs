// What an engine's process answers, for engines in JavaScript; native.cc answers the same. Requests are {op, …}, and every answer is one object:
// Times are {ms, waited_ms}: of the call, and of it what the thread that works waited for a CPU.
//   load {model, options}           → {time, detail}    a model; options: dtype, threads, variant, url
//   prepare {batch, rows}           → {}                rows of token ids under a name
//   run {batch}                     → {time, logits}    one forward pass
//   load_tokenizer {model, options} → {time}
//   prepare_texts {texts}           → {}
//   tokenize {with_ids}             → {time, ids}       all texts once; ids only when asked for
//   dispose {}                      → {}

/** `waits` gives the milliseconds that threads have waited for a CPU so far, by their numbers. */
export function createHandler(peer, waits = () => ({})) {
  let engine;
  let tokenizer;
  let texts;
  const batches = new Map();
  const timed = async (call) => {
    const before = waits();
    const start = performance.now();
    const value = await call();
    const ms = performance.now() - start;
    const waited = Object.entries(waits()).map(([thread, sum]) => sum - (before[thread] ?? 0));
    return { value, time: { ms, waited_ms: Math.max(0, ...waited) } };
  };
  const operations = {
    async load({ model, options }) {
      const { value, time } = await timed(() => peer.load(model, options));
      engine = value;
      return { time, detail: engine.detail };
    },
    async prepare({ batch, rows }) {
      batches.set(batch, engine.prepare(rows));
      return {};
    },
    async run({ batch }) {
      const inputs = batches.get(batch);
      const { value, time } = await timed(() => engine.run(inputs));
      return { time, logits: Array.from(value) };
    },
    async load_tokenizer({ model, options }) {
      const { value, time } = await timed(() => peer.loadTokenizer(model, options));
      tokenizer = value;
      return { time };
    },
    async prepare_texts(request) {
      texts = request.texts;
      return {};
    },
    async tokenize({ with_ids }) {
      const { value, time } = await timed(() => tokenizer.encode(texts));
      return { time, ids: with_ids ? value.map((row) => Array.from(row)) : null };
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
