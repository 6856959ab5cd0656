// readme-table.mjs [--check]: writes benchmarks/results.json as tables between the markers in
// README.md; --check changes nothing and fails when they differ.
import { readFileSync, writeFileSync } from 'node:fs';
import prettier from 'prettier';
import { readmeReport } from './report.mjs';

const args = process.argv.slice(2);
const unknown = args.find((arg) => arg !== '--check');
if (unknown !== undefined) {
  console.error(`error: readme-table.mjs has no option "${unknown}"; it has --check.`);
  process.exit(2);
}
const BEGIN = '<!-- benchmarks:begin -->';
const END = '<!-- benchmarks:end -->';
const path = new URL('../README.md', import.meta.url);
const readme = readFileSync(path, 'utf8');
const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)];
if (begin < 0 || end < begin) {
  console.error(`error: README.md lacks the markers ${BEGIN} and ${END}.`);
  process.exit(1);
}
const results = JSON.parse(readFileSync(new URL('results.json', import.meta.url), 'utf8'));
const block = await prettier.format(readmeReport(results), { parser: 'markdown' });
const updated = `${readme.slice(0, begin + BEGIN.length)}\n\n${block}\n${readme.slice(end)}`;
if (!args.includes('--check')) {
  writeFileSync(path, updated);
} else if (updated !== readme) {
  console.error(
    'error: README.md differs from benchmarks/results.json; run node benchmarks/readme-table.mjs.',
  );
  process.exit(1);
}
