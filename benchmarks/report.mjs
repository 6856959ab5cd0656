// The results as Markdown tables: all of them for the terminal, the main ones for the README.

const megabytes = (bytes) => (bytes / 1e6).toFixed(bytes < 1e7 ? 2 : 0);
const milliseconds = (ms) => (ms < 100 ? ms.toPrecision(3) : ms.toFixed(0));
const times = (ratio) => `${ratio.toFixed(2)}×`;

function table(header, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Groups of entries with the same key, in the order of their first. */
function groupBy(entries, key) {
  const groups = new Map();
  for (const entry of entries) {
    groups.set(key(entry), [...(groups.get(key(entry)) ?? []), entry]);
  }
  return [...groups.values()];
}

const engineName = (e) => [e.title, e.detail && `(${e.detail})`].filter(Boolean).join(' ');

/** Each engine's median, least and greatest time by batch. */
function fullLatency(entries) {
  const header = ['engine', 'threads', ...entries.map((e) => e.batch)];
  const rows = entries[0].engines.map((engine, i) => [
    engineName(engine),
    engine.threads,
    ...entries.map(({ engines }) => {
      const { ms, times_faster } = engines[i];
      const ratios = Object.values(times_faster ?? {}).map((r) => `, ${times(r)}`);
      const range = `${milliseconds(ms.min)}…${milliseconds(ms.max)}`;
      return `${milliseconds(ms.median)} (${range})${ratios.join('')}`;
    }),
  ]);
  const [{ title, model, engines }] = entries;
  return `### ${title}, ${engines[0].dtype}, ${model}: ms, median (min…max), times faster\n\n${table(header, rows)}`;
}

/** A row by group and threads: our median, the fastest peer's, and how many times faster. */
function shortLatency(latency) {
  const batches = [...new Set(latency.map((e) => e.batch))];
  const rows = groupBy(latency, (e) => `${e.group} ${e.model}`).flatMap((entries) =>
    entries[0].engines.flatMap((engine, own) => {
      if (!engine.times_faster || Object.keys(engine.times_faster).length === 0) return [];
      const cells = batches.map((batch) => {
        const engines = entries.find((e) => e.batch === batch)?.engines;
        if (!engines) return '';
        const [peer, ratio] = Object.entries(engines[own].times_faster).reduce((a, b) =>
          b[1] < a[1] ? b : a,
        );
        const other = engines.find((e) => e.engine === peer && e.threads === engine.threads);
        const [a, b] = [engines[own], other].map((e) => milliseconds(e.ms.median));
        return `${a} / ${b} **${times(ratio)}**`;
      });
      const what = `${entries[0].title}, ${engine.dtype}, ${engine.threads} thread${engine.threads > 1 ? 's' : ''}`;
      const model = entries[0].model === 'minilm' ? 'MiniLM-L6' : 'BERT-base';
      return [[what, model, Object.keys(engine.times_faster).join(', '), ...cells]];
    }),
  );
  return table(['ms: Verdict / fastest peer', 'model', 'peers', ...batches], rows);
}

const loadTable = (load) =>
  table(
    ['cached bytes to first logits, 1×16, ms', 'dtype', 'load', 'first run', 'together'],
    load.map((e) => [
      engineName(e),
      e.dtype,
      ...[e.load_ms, e.first_run_ms, e.total_ms].map((ms) => milliseconds(ms.median)),
    ]),
  );

const memoryTable = (memory) =>
  table(
    [
      'peak memory of the process, MB',
      'model',
      'dtype',
      'before loading',
      'peak',
      'peak / f32 weights',
    ],
    memory.map((e) => [
      engineName(e),
      e.model,
      e.dtype,
      megabytes(e.process_bytes),
      megabytes(e.peak_bytes),
      times(e.peak_bytes / e.f32_weights_bytes),
    ]),
  );

const sizeTable = (sizes) =>
  table(
    ['download to run, MB', 'raw', 'gzip', 'brotli'],
    sizes.map((e) => [e.name, ...[e.raw, e.gzip, e.brotli].map((n) => (n / 1e6).toFixed(2))]),
  );

/** MB/s: a row for each engine, a column for each tokenizer and set of texts. */
function tokenizerTable(tokenizers) {
  const column = (e) => `${e.tokenizer_title}, ${e.texts_title}`;
  const row = (e) =>
    [e.title, e.engine.startsWith('verdict') && e.engine.slice(8), e.detail]
      .filter(Boolean)
      .join(', ');
  const columns = [...new Set(tokenizers.map(column))];
  const cell = (e) =>
    `${e.megabytes_per_second}${e.different_texts > 0 ? ` (${e.different_texts} texts differ)` : ''}`;
  return table(
    ['tokenizing with offsets, 1 thread, MB/s', ...columns],
    [...new Set(tokenizers.map(row))].map((name) => [
      name,
      ...columns.map((title) =>
        cell(tokenizers.find((e) => row(e) === name && column(e) === title)),
      ),
    ]),
  );
}

const accuracyTable = (accuracy) =>
  table(
    ['q8: error of the logits against f32', 'runs in', 'root mean square', 'largest'],
    accuracy.map((e) => [engineName(e), e.runtime, e.rms, e.largest]),
  );

const goalTable = (goals) =>
  table(
    ['what', 'goal', 'measured', ''],
    goals.map((g) => [
      g.what,
      `${g.bound === 'at least' ? '≥' : '≤'} ${g.goal} ${g.unit}`,
      g.measured === null ? 'not measured' : `${g.measured} ${g.unit}`,
      g.met === null ? '' : g.met ? 'met' : 'not met',
    ]),
  );

function context(results) {
  const { machine, engines, date, command, runs } = results;
  const versions = Object.entries(engines).map(([name, version]) => `${name} ${version}`);
  return (
    `Measured on ${date.slice(0, 10)} by \`${command}\` on ${machine.cpu}, ${machine.cpus} CPUs, ` +
    `load average ${machine.load_average.before} before and ${machine.load_average.after} after, ` +
    `nice ${machine.nice}. ` +
    `Medians of ${runs} alternating runs, every engine in a process of its own; times of one thread are without ` +
    `those in which it waited for a CPU that others used; ratios are medians over turns. Versions: ${versions.join(', ')}.`
  );
}

const present = (list, show) => (list.length > 0 ? [show(list)] : []);

/** Everything. */
export function fullReport(results) {
  return [
    context(results),
    ...groupBy(results.latency, (e) => `${e.group} ${e.model}`).map(fullLatency),
    ...present(results.accuracy, accuracyTable),
    ...present(results.load, loadTable),
    ...present(results.memory, memoryTable),
    ...present(results.sizes, sizeTable),
    ...present(results.tokenizers, tokenizerTable),
    goalTable(results.goals),
  ].join('\n\n');
}

/** The README's part. */
export function readmeReport(results) {
  return [
    context(results),
    shortLatency(results.latency.filter((e) => !e.group.startsWith('parts-'))),
    loadTable(results.load),
    memoryTable(results.memory),
    sizeTable(results.sizes),
    tokenizerTable(results.tokenizers),
    accuracyTable(results.accuracy),
    'What the project set out to reach:',
    goalTable(results.goals),
  ].join('\n\n');
}
