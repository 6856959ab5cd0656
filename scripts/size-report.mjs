// size-report.mjs [VARIANT]: bytes of a built WebAssembly module by room of src/ and by architecture
// file, from the linker's map. They are counted before compression and before wasm-opt; the
// sizes that the budget means are printed by scripts/build.sh.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';

const root = new URL('..', import.meta.url).pathname;
const variant = process.argv[2] ?? 'simd';
const map = `${root}build/wasm-${variant}/verdict.map`;
if (!existsSync(map)) {
  console.error(`${map} is missing. Build the variant first: npm run build ${variant}`);
  process.exit(1);
}
const sources = readdirSync(`${root}src`, { recursive: true }).filter((path) =>
  path.endsWith('.cc'),
);

/** The source of an object. Two rooms may use one file name; their symbols' namespaces differ. */
function sourceOf(object, symbol) {
  const named = sources.filter((path) => basename(path) === object);
  if (named.length < 2) return named[0];
  const ofModels = symbol.includes('7verdict6models');
  return named.find((path) => path.startsWith('models/') === ofModels) ?? named[0];
}

const rooms = new Map();
const families = new Map();
const add = (sizes, name, bytes) => sizes.set(name, (sizes.get(name) ?? 0) + bytes);
// "  address  offset  size  archive(object.o):(symbol)", numbers in hexadecimal.
const chunk = /^\s*\S+\s+\S+\s+([0-9a-f]+)\s+(.*?)(?:\(([^()]+)\.o\)|([^/]+)\.o):\((.*)\)$/;
for (const line of readFileSync(map, 'utf8').split('\n')) {
  const [, size, archive, member, object, symbol] = chunk.exec(line) ?? [];
  if (size === undefined) continue;
  const bytes = parseInt(size, 16);
  const name = member ?? object;
  const source = sourceOf(name, symbol);
  if (source !== undefined) {
    add(rooms, `src/${dirname(source)}`, bytes);
    if (source.startsWith('models/')) add(families, source, bytes);
  } else if (name.startsWith('pcre2')) {
    add(rooms, 'PCRE2', bytes);
  } else {
    add(rooms, archive.includes('libverdict') ? 'XNNPACK' : 'C and C++ libraries', bytes);
  }
}
const print = (title, sizes) => {
  console.log(`\n${title.padEnd(44)}    bytes`);
  for (const [name, bytes] of [...sizes].sort((a, b) => b[1] - a[1])) {
    console.log(`${name.padEnd(44)} ${String(bytes).padStart(8)}`);
  }
};
print('part', rooms);
print('architecture file', families);
