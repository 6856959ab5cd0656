// What a page loads of the package, and how large it is.
import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';

/** Variants that the folder web/dist holds. */
export function builtVariants(dist) {
  return readdirSync(join(dist, 'wasm'))
    .map((file) => /^verdict-((?!cli-).+)\.wasm$/.exec(file)?.[1])
    .filter((name) => name !== undefined)
    .sort();
}

/** All JavaScript but for the command line and the modules. */
function scripts(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return ['wasm', 'bin'].includes(entry.name) ? [] : scripts(path);
    return entry.name.endsWith('.js') ? [path] : [];
  });
}

/** What only Node loads: package.json's map of imports gives browsers another file. */
const isForNode = (path) => basename(path).startsWith('node_');

/** The files that a page with one variant can load. */
export function variantFiles(dist, name) {
  const module = ['mjs', 'wasm'].map((ending) => join(dist, 'wasm', `verdict-${name}.${ending}`));
  return [...scripts(dist).filter((path) => !isForNode(path)), ...module];
}

/** Bytes of the files: raw, and each compressed by gzip and by brotli. */
export function totalSize(paths) {
  const total = { raw: 0, gzip: 0, brotli: 0 };
  for (const path of paths) {
    const bytes = readFileSync(path);
    total.raw += bytes.length;
    total.gzip += gzipSync(bytes, { level: 9 }).length;
    total.brotli += brotliCompressSync(bytes).length;
  }
  return total;
}
