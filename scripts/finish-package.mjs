// Bundles the TypeScript into web/dist, writes the manifest of the variants in web/dist/wasm, and checks
// the sizes against web/size-budget.json.
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildSync, transformSync } from 'esbuild';
import { builtVariants, totalSize, variantFiles } from './package-sizes.mjs';

const root = new URL('..', import.meta.url).pathname;
const dist = join(root, 'web/dist');
const wasm = join(dist, 'wasm');
const names = builtVariants(dist);
writeFileSync(
  join(wasm, 'manifest.js'),
  `// The variants that this build holds.\nexport const variants = ${JSON.stringify(names)};\n`,
);
// Those that static.js imports: without threads, which need workers and so dynamic imports.
const single = names.filter((name) => !name.endsWith('-threads'));
writeFileSync(
  join(wasm, 'static.js'),
  [
    ...single.map((name) => `import ${name} from './verdict-${name}.mjs';`),
    `export const modules = { ${single.join(', ')} };`,
    '',
  ].join('\n'),
);

// Names of properties and of files stay; a bundler that minifies again finds nothing to do.
const minified = { minify: true, format: 'esm', target: 'es2022', legalComments: 'none' };
for (const name of names) {
  const path = join(wasm, `verdict-${name}.mjs`);
  // Node's modules under the names that package.json maps to a stand-in for browsers' bundles.
  const glue = readFileSync(path, 'utf8').replaceAll(
    /import\("node:(module|worker_threads)"\)/g,
    'import("#node-$1")',
  );
  if (/import\("node:/.test(glue)) throw new Error(`${path} imports another module of Node.`);
  writeFileSync(path, transformSync(glue, minified).code);
}
// One file compresses better than many. What entries share, and what is imported later, lies in runtime/:
// paths from there to the worker and to the variants are those of the sources.
const { metafile } = buildSync({
  ...minified,
  bundle: true,
  splitting: true,
  entryPoints: ['index', 'worker', 'static', 'hub/node_files', 'hub/no_files', 'bin/verdict'].map(
    (name) => join(root, `web/src/${name}.ts`),
  ),
  outdir: dist,
  outbase: join(root, 'web/src'),
  chunkNames: 'runtime/[name]-[hash]',
  external: ['./wasm/*', '../wasm/*', '#node-*', 'node:*'],
  metafile: true,
  absWorkingDir: root,
  logLevel: 'warning',
});
for (const [output, { imports }] of Object.entries(metafile.outputs)) {
  for (const { path, external } of imports) {
    if (!external || !path.startsWith('.')) continue;
    const target = join(root, dirname(output), path);
    // A variant may not be built.
    const isThere = target.endsWith('.mjs') ? dirname(target) === wasm : existsSync(target);
    if (!isThere) throw new Error(`${output} imports "${path}", which is not there.`);
  }
}
chmodSync(join(dist, 'bin/verdict.js'), 0o755);

const budget = JSON.parse(readFileSync(join(root, 'web/size-budget.json'), 'utf8'));
let failed = false;
console.log('variant            raw KB  gzip KB  brotli KB  (.wasm + all JavaScript)');
for (const name of names) {
  const { raw, gzip, brotli } = totalSize(variantFiles(dist, name));
  const kb = (n, width) => (n / 1024).toFixed(1).padStart(width);
  console.log(`${name.padEnd(16)}${kb(raw, 9)}${kb(gzip, 9)}${kb(brotli, 11)}`);
  if (brotli > budget.brotli_bytes) {
    console.error(`${name} is over the budget of ${kb(budget.brotli_bytes, 0)} KB brotli.`);
    failed = true;
  }
}
process.exit(failed ? 1 : 0);
