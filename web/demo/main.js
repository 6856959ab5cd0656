import { env, VerdictError } from 'verdict';
import { classify, model, openClassifier } from './classifier.js';
import { element, resultItem } from './results.js';

const find = (id) => document.getElementById(id);
const form = find('form');
const text = find('text');
const progress = find('progress');

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
const duration = (ms) =>
  ms < 1000 ? `${ms.toFixed(ms < 10 ? 1 : 0)} ms` : `${(ms / 1000).toFixed(2)} s`;
const count = (n, noun) => `${n} ${noun}${n === 1 ? '' : 's'}`;

function say(message) {
  find('status').textContent = message;
}

env.warn = (message) => {
  find('warning').textContent = message;
};

/** Shows what failed, with a button that does `retry`. */
function showError(error, retry) {
  const expected = error instanceof VerdictError;
  const again = element('button', { type: 'button' }, 'Try again');
  again.addEventListener('click', () => {
    // The button goes away, so the focus needs another place.
    text.focus();
    retry();
  });
  find('error').replaceChildren(
    element('p', {}, expected ? error.message : `Something unexpected failed: ${error}`),
    ...(expected ? [element('p', { className: 'code' }, `Error code: ${error.code}`)] : []),
    again,
  );
  say('');
}

/** One step after another: loads and runs never overlap. */
let queue = Promise.resolve();
function inTurn(step) {
  queue = queue.then(async () => {
    find('error').replaceChildren();
    try {
      await step();
    } catch (error) {
      showError(error, () => inTurn(step));
    } finally {
      find('loading').hidden = true;
    }
  });
}

async function load() {
  const dtype = new FormData(form).get('dtype');
  const opened = await openClassifier(dtype, {
    onLoad() {
      say(`Loading the model as ${dtype}…`);
      progress.removeAttribute('value');
      find('loading-bytes').textContent = '';
      find('loading').hidden = false;
    },
    onBytes(bytes, total) {
      progress.max = total;
      progress.value = bytes;
      find('loading-bytes').textContent = `${megabytes(bytes)} of ${megabytes(total)}`;
    },
  });
  const { build, classifier, downloaded, milliseconds } = opened;
  find('fact-model').textContent = `${model.split('/').pop()}, ${classifier.model.class_name}`;
  find('fact-dtype').textContent = classifier.model.dtype;
  find('fact-variant').textContent = build.variant;
  find('fact-threads').textContent = String(build.threads);
  find('fact-load').textContent =
    `${duration(milliseconds)}, ` +
    (downloaded > 0 ? `${megabytes(downloaded)} downloaded` : "from this browser's cache");
  find('loading').hidden = true;
  say('Ready.');
  return opened;
}

async function run(texts) {
  const opened = await load();
  say(`Classifying ${count(texts.length, 'text')}…`);
  const { results, milliseconds } = await classify(opened, texts);
  find('results').replaceChildren(...results.map(resultItem));
  const tokens = results.reduce(
    (n, result) => n + Math.min(result.tokens, result.limit ?? Infinity),
    0,
  );
  find('fact-run').textContent =
    `${duration(milliseconds)} for ${count(texts.length, 'text')}, ${count(tokens, 'token')}`;
  const [{ labels }] = results;
  say(
    texts.length === 1
      ? `${labels[0].label}, in ${duration(milliseconds)}.`
      : `${texts.length} texts classified in ${duration(milliseconds)}.`,
  );
}

function showProblem(message) {
  find('text-problem').textContent = message;
  find('text-problem').hidden = message === '';
  text.setAttribute('aria-invalid', String(message !== ''));
}

function submit() {
  const texts = text.value
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  showProblem(texts.length > 0 ? '' : 'There is no text yet. Type a sentence, or take an example.');
  if (texts.length > 0) inTurn(() => run(texts));
  else text.focus();
}

function take(lines) {
  text.value = lines.join('\n');
  submit();
}

async function showExamples() {
  const response = await fetch(`${model}/examples.json`);
  if (!response.ok) return;
  const texts = (await response.json()).map((example) => example.text);
  const items = texts.map((example) =>
    element(
      'li',
      {},
      element('button', { type: 'button', onclick: () => take([example]) }, example),
    ),
  );
  find('example-list').replaceChildren(...items);
  find('all-examples').addEventListener('click', () => take(texts));
  find('examples').hidden = false;
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  submit();
});
text.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    submit();
  }
});
text.addEventListener('input', () => showProblem(''));
for (const radio of form.elements.dtype) {
  radio.addEventListener('change', () => {
    if (find('results').children.length > 0) submit();
    else inTurn(load);
  });
}
inTurn(load);
// A model without examples is a model all the same.
showExamples().catch(() => undefined);
