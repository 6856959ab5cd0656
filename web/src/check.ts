// Checks of what callers pass: TypeScript's promises do not hold at run time.
import { VerdictError } from './errors.js';

function invalid(message: string): never {
  throw new VerdictError('invalid_argument', message);
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  return Array.isArray(value) ? 'a list' : String(value);
}

/** Throws `invalid_argument` for a property of `options` that is not in `known`. */
export function checkOptions(options: unknown, known: readonly string[], where: string): void {
  if (typeof options !== 'object' || options === null) {
    invalid(`${where} got ${shown(options)} where an object of ${known.join(', ')} was expected.`);
  }
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    invalid(`${where} has no option "${name}"; it has ${known.join(', ')}.`);
  }
}

type Kind = 'string' | 'boolean' | { least: number } | { values: readonly unknown[] };

/** Throws `invalid_argument` for an option of another kind than `kinds` says; absent ones are fine. */
export function checkKinds(options: object, kinds: Readonly<Record<string, Kind>>): void {
  for (const [name, kind] of Object.entries(kinds)) {
    const value = (options as Record<string, unknown>)[name];
    if (value === undefined) continue;
    if (typeof kind === 'string') {
      if (typeof value !== kind) invalid(`${name} is ${shown(value)}; a ${kind} was expected.`);
    } else if ('least' in kind) {
      if (!Number.isSafeInteger(value) || (value as number) < kind.least) {
        invalid(`${name} is ${shown(value)}; an integer from ${kind.least} on was expected.`);
      }
    } else if (!kind.values.includes(value)) {
      invalid(`${name} is ${shown(value)}; use one of ${kind.values.map(shown).join(', ')}.`);
    }
  }
}

/** A text that C++ can take; JavaScript strings may hold half characters. */
export function checkText(text: unknown, what: string): string {
  if (typeof text !== 'string') invalid(`${what} is ${shown(text)}; a string was expected.`);
  const unpaired = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/.exec(
    text,
  );
  if (unpaired) {
    invalid(
      `${what} is not valid Unicode: a half surrogate stands at index ${unpaired.index}. ` +
        'Replace it, for example with text.toWellFormed().',
    );
  }
  return text;
}
