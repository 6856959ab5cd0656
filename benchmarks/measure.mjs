// The measurements. Every engine has a process of its own, so that none shares another's heap,
// compiler state or threads; calls alternate between the processes, so that a slow moment of the
// machine meets all of them alike, and ratios are taken within a turn.
import { makeBatch } from './batches.mjs';
import { Engine } from './engine.mjs';
import { TOKENIZERS, TOLERANCE } from './plan.mjs';
import { median, round, summary, timesFaster } from './statistics.mjs';

/**
 * Milliseconds of a call. Where one thread works, those in which it waited for a CPU that others used
 * do not count: so the figures of a shared machine come near to those of a quiet one.
 */
function milliseconds({ contestant }, { ms, waited_ms }) {
  return contestant.threads === 1 ? ms - waited_ms : ms;
}

/** How long an engine of several threads, or of one, runs before a call that counts. */
const WAKE_MS = 100;
const WARM_MS = 20;

/**
 * Brings an engine back to work after the others' turns. Threads that slept may wake on one CPU, and
 * the kernel takes some milliseconds to spread them; one thread finds its weights gone from the
 * caches, which a call that takes much longer than to fetch them does not notice.
 */
async function warmUp(engine, batch, lastTime) {
  const several = engine.contestant.threads > 1;
  if (!several && lastTime > 5 * WARM_MS) return;
  const end = performance.now() + (several ? WAKE_MS : WARM_MS);
  while (performance.now() < end) await engine.request({ op: 'run', batch });
}

const isOurs = ({ peer }) => peer.startsWith('verdict-');

/** What identifies a contestant in the results. */
function label(engine, detail = '') {
  const { peer, runtime, dtype, threads } = engine.contestant;
  return { engine: peer, title: engine.peer.title, runtime, dtype, threads, detail };
}

export class Measurement {
  /** `settings`: {runs, warmups, cpus: [first, second]}; `places` as for Engine; `say` shows progress. */
  constructor(settings, places, say) {
    Object.assign(this, { settings, places, say });
  }

  #start(contestant, cpuCount = contestant.threads) {
    const cpus = this.settings.cpus.slice(0, cpuCount).join(',');
    return Engine.start(contestant, this.places, cpus);
  }

  /** Starts the contestants, gives the engines to `use`, and ends them whatever happens. */
  async #with(contestants, use) {
    const engines = [];
    try {
      for (const contestant of contestants) engines.push(await this.#start(contestant));
      return await use(engines);
    } finally {
      await Promise.all(engines.map((engine) => engine.stop()));
    }
  }

  /** Logits of onnxruntime-node in float32 by batch; `batches` maps names to rows of ids. */
  #reference(model, batches) {
    const contestant = { peer: 'onnxruntime-node', runtime: 'node', dtype: 'f32', threads: 2 };
    return this.#with([contestant], async ([engine]) => {
      await engine.load(model);
      const logits = {};
      for (const [batch, rows] of Object.entries(batches)) {
        await engine.request({ op: 'prepare', batch, rows });
        logits[batch] = (await engine.request({ op: 'run', batch })).logits;
      }
      return logits;
    });
  }

  /** The largest difference as a share of the largest logit; throws when it is too large. */
  #checkEqual(engine, batch, logits, expected) {
    const { dtype } = engine.contestant;
    const coarse = dtype === 'q8' && !isOurs(engine.contestant);
    const tolerance = TOLERANCE[coarse ? 'q8 of a peer' : dtype];
    const scale = Math.max(...expected.map(Math.abs));
    const difference =
      logits.length === expected.length
        ? Math.max(...expected.map((x, i) => Math.abs(x - logits[i]))) / scale
        : Infinity;
    if (!(difference <= tolerance)) {
      throw new Error(
        `${engine.name} gives other logits than onnxruntime-node in float32 for the batch ${batch}: ` +
          `they differ by ${difference} of the largest one; at most ${tolerance} was ` +
          'expected. Nothing is reported while the engines do not compute the same.',
      );
    }
    return difference;
  }

  /** Latency of one group of engines for the batches. */
  async latency(group, model, names) {
    this.say(`Latency: ${group.title}, ${group.contestants[0].dtype}, ${model.title}`);
    const batches = Object.fromEntries(names.map((name) => [name, makeBatch(name)]));
    const expected = await this.#reference(model, batches);
    return this.#with(group.contestants, async (engines) => {
      const details = [];
      for (const engine of engines) details.push((await engine.load(model)).detail);
      const results = [];
      for (const [batch, rows] of Object.entries(batches)) {
        const times = engines.map(() => []);
        const waits = engines.map(() => []);
        const differences = [];
        const last = [];
        for (const [i, engine] of engines.entries()) {
          await engine.request({ op: 'prepare', batch, rows });
          const { logits, time } = await engine.request({ op: 'run', batch });
          last[i] = time.ms;
          differences[i] = this.#checkEqual(engine, batch, logits, expected[batch]);
        }
        for (let turn = 0; turn < this.settings.warmups + this.settings.runs; ++turn) {
          for (const [i, engine] of engines.entries()) {
            await warmUp(engine, batch, last[i]);
            const { time } = await engine.request({ op: 'run', batch });
            last[i] = time.ms;
            if (turn < this.settings.warmups) continue;
            times[i].push(milliseconds(engine, time));
            waits[i].push(time.waited_ms);
          }
        }
        const entry = {
          group: group.id,
          title: group.title,
          model: model.name,
          batch,
          engines: engines.map((engine, i) => ({
            ...label(engine, details[i]),
            ms: summary(times[i]),
            waited_ms: round(median(waits[i])),
            logits_difference: Number(differences[i].toPrecision(2)),
            ...this.#ratios(engines, times, i),
          })),
        };
        this.say(
          `  ${batch}: ` +
            entry.engines.map((e) => `${e.title} ${e.threads}T ${e.ms.median} ms`).join(', '),
        );
        results.push(entry);
      }
      return results;
    });
  }

  /** Of our engines: how many times faster than each peer, and than one thread. */
  #ratios(engines, times, own) {
    const { contestant } = engines[own];
    if (!isOurs(contestant)) return {};
    const faster = {};
    for (const [i, { contestant: other }] of engines.entries()) {
      if (other.threads !== contestant.threads || isOurs(other)) continue;
      faster[other.peer] = timesFaster(times[own], times[i]);
    }
    const single = engines.findIndex((e) => isOurs(e.contestant) && e.contestant.threads === 1);
    const over = contestant.threads > 1 ? timesFaster(times[own], times[single]) : null;
    return { times_faster: faster, ...(over === null ? {} : { times_one_thread: over }) };
  }

  /** How far int8 logits lie from float32 on real texts: root mean square and largest. */
  async accuracy(contestants, model, texts) {
    this.say(`Accuracy of q8 on ${texts.length} texts`);
    const rows = await this.#with([{ ...TOKENIZERS[0] }], async ([engine]) => {
      await engine.loadTokenizer(model);
      await engine.request({ op: 'prepare_texts', texts });
      return (await engine.request({ op: 'tokenize', with_ids: true })).ids;
    });
    const batches = Object.fromEntries(rows.map((row, i) => [`text ${i}`, [row]]));
    const expected = await this.#reference(model, batches);
    return this.#with(contestants, async (engines) => {
      const results = [];
      for (const engine of engines) {
        const { detail } = await engine.load(model);
        const errors = [];
        for (const [batch, ids] of Object.entries(batches)) {
          await engine.request({ op: 'prepare', batch, rows: ids });
          const { logits } = await engine.request({ op: 'run', batch });
          errors.push(...logits.map((x, i) => Math.abs(x - expected[batch][i])));
        }
        const squares = errors.reduce((sum, error) => sum + error * error, 0);
        results.push({
          ...label(engine, detail),
          texts: texts.length,
          rms: round(Math.sqrt(squares / errors.length)),
          largest: round(Math.max(...errors)),
        });
      }
      return results;
    });
  }

  /**
   * From bytes in the page cache to the first logits, 1×16: import of the library, load, first run;
   * the start of the process is not in it. Each repetition has a fresh process, which may use all
   * CPUs of the measurement.
   */
  async load(contestants, model) {
    this.say(`Load time: ${model.title}`);
    const repetitions = Math.max(3, Math.ceil(this.settings.runs / 2));
    const rows = makeBatch('1x16');
    const times = contestants.map(() => ({ load: [], first: [], total: [] }));
    const labels = [];
    // The first turn only brings the files into the page cache.
    for (let turn = 0; turn <= repetitions; ++turn) {
      for (const [i, contestant] of contestants.entries()) {
        const engine = await this.#start(contestant, 2);
        const { time: load, detail } = await engine.load(model);
        await engine.request({ op: 'prepare', batch: '1x16', rows });
        const { time: first } = await engine.request({ op: 'run', batch: '1x16' });
        await engine.stop();
        labels[i] = label(engine, detail);
        if (turn === 0) continue;
        const [loaded, ran] = [load, first].map((time) => milliseconds(engine, time));
        times[i].load.push(loaded);
        times[i].first.push(ran);
        times[i].total.push(loaded + ran);
      }
    }
    return labels.map((engine, i) => ({
      ...engine,
      model: model.name,
      repetitions,
      load_ms: summary(times[i].load),
      first_run_ms: summary(times[i].first),
      total_ms: summary(times[i].total),
    }));
  }

  /** The largest resident size of a process that loads the model and runs 1×128, and of it before. */
  async memory(contestants, model) {
    this.say(`Memory: ${model.title}`);
    const results = [];
    for (const contestant of contestants) {
      await this.#with([contestant], async ([engine]) => {
        await engine.request({ op: 'dispose' });
        const before = engine.peakMemory();
        const { detail } = await engine.load(model);
        await engine.request({ op: 'prepare', batch: '1x128', rows: makeBatch('1x128') });
        await engine.request({ op: 'run', batch: '1x128' });
        results.push({
          ...label(engine, detail),
          model: model.name,
          f32_weights_bytes: model.f32_bytes,
          process_bytes: before,
          peak_bytes: engine.peakMemory(),
        });
      });
    }
    return results;
  }

  /**
   * Tokenizing speed, offsets included where a library has them. Ours have to give the ids of the
   * first contestant; how many texts differ in another is told.
   */
  async tokenizers(contestants, tokenizer, { title, texts }) {
    this.say(`Tokenizing with ${tokenizer.title}: ${title}`);
    const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    return this.#with(contestants, async (engines) => {
      let expected;
      const different = [];
      for (const engine of engines) {
        await engine.loadTokenizer(tokenizer);
        await engine.request({ op: 'prepare_texts', texts });
        const { ids } = await engine.request({ op: 'tokenize', with_ids: true });
        expected ??= ids;
        const differs = (row, i) => String(row) !== String(expected[i]);
        different.push(ids.filter(differs).length);
        if (isOurs(engine.contestant) && different.at(-1) > 0) {
          const text = ids.findIndex(differs);
          throw new Error(`${engine.name} and ${engines[0].name} differ in text ${text + 1}.`);
        }
      }
      const times = engines.map(() => []);
      for (let turn = 0; turn < this.settings.warmups + this.settings.runs; ++turn) {
        for (const [i, engine] of engines.entries()) {
          const { time } = await engine.request({ op: 'tokenize', with_ids: false });
          if (turn >= this.settings.warmups) times[i].push(milliseconds(engine, time));
        }
      }
      return engines.map((engine, i) => ({
        ...label(engine, engine.contestant.word_cache === false ? 'no word cache' : ''),
        tokenizer: tokenizer.name,
        tokenizer_title: tokenizer.title,
        texts: texts.length,
        texts_title: title,
        different_texts: different[i],
        bytes,
        ms: summary(times[i]),
        megabytes_per_second: round(bytes / 1000 / median(times[i])),
        ...this.#ratios(engines, times, i),
      }));
    });
  }
}
