// Writes the manifest of the variants in web/dist/wasm, makes the command line executable, minifies what
// a page downloads, and checks the sizes against web/size-budget.json.
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import { builtVariants, scripts, totalSize, variantFiles } from './package-sizes.mjs';

const root = new URL('..', import.meta.url).pathname;
const dist = join(root, 'web/dist');
const wasm = join(dist, 'wasm');
const names = builtVariants(dist);
writeFileSync(
  join(wasm, 'manifest.js'),
  `// The variants that this build holds.\nexport const variants = ${JSON.stringify(names)};\n`,
);
// Node's modules under the names that package.json maps to a stand-in for browsers' bundles.
for (const name of names) {
  const path = join(wasm, `verdict-${name}.mjs`);
  const glue = readFileSync(path, 'utf8').replaceAll(
    /import\("node:(module|worker_threads)"\)/g,
    'import("#node-$1")',
  );
  if (/import\("node:/.test(glue)) throw new Error(`${path} imports another module of Node.`);
  writeFileSync(path, glue);
}
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
for (const path of [...scripts(dist), ...names.map((name) => join(wasm, `verdict-${name}.mjs`))]) {
  const { code } = transformSync(readFileSync(path, 'utf8'), {
    minify: true,
    format: 'esm',
    target: 'es2022',
    legalComments: 'none',
  });
  writeFileSync(path, code);
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
