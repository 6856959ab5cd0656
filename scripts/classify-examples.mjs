// Classifies texts, or the README's examples, with the bundled model.
import { readFileSync } from 'node:fs';
import { pipeline, build_info } from '../web/dist/index.js';

/** The README's example sentences stand in its block of the language "text". */
function readmeExamples() {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const block = /```text examples\n([\s\S]*?)```/.exec(readme);
  return block[1].trim().split('\n');
}

const given = process.argv.slice(2);
const texts = given.length > 0 ? given : readmeExamples();
const classifier = await pipeline('text-classification');
const { variant } = await build_info();
const results = await classifier(texts, { truncation: true });
console.log(`${classifier.model.class_name}, ${classifier.model.backend}, variant ${variant}`);
for (const [i, { label, score }] of results.entries()) {
  console.log(`${label.padEnd(9)} ${(100 * score).toFixed(1).padStart(5)} %  ${texts[i]}`);
}
await classifier.dispose();
