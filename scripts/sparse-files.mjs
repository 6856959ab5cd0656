// sparse-files.mjs MANIFEST FOLDER: writes the files that a manifest of tests/fixtures/hdf5/sparse.py
// holds, as seeds of the fuzz targets.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [manifest, folder] = process.argv.slice(2);
const { files } = JSON.parse(readFileSync(manifest, 'utf8'));
for (const { file, size, base, changes } of files) {
  const bytes = Buffer.alloc(size);
  const first = files.find((other) => other.file === base)?.changes ?? [];
  for (const [offset, hex] of [...first, ...changes]) Buffer.from(hex, 'hex').copy(bytes, offset);
  writeFileSync(join(folder, `seed-${file}`), bytes);
}
