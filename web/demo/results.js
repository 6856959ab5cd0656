// Makes the list of results: one item a text, its labels with their scores as bars.

const percent = new Intl.NumberFormat('en', {
  style: 'percent',
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});

/** An element with its properties and children; text goes in as text, never as markup. */
export function element(name, properties = {}, ...children) {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children);
  return node;
}

/** A score with its bar; the exact value stays readable in the page. */
function row({ label, score }, best) {
  const bar = element('div', { className: 'bar' });
  // The functions without a range, `none` for example, are not bars.
  bar.style.setProperty('--score', Math.min(Math.max(score, 0), 1));
  return element(
    'tr',
    { className: best ? 'best' : '' },
    element('th', { scope: 'row' }, label),
    element('td', { ariaHidden: 'true' }, bar),
    element('td', {}, element('data', { value: String(score) }, percent.format(score))),
  );
}

function table(labels) {
  const head = element(
    'tr',
    {},
    element('th', { scope: 'col' }, 'Label'),
    element('td', { ariaHidden: 'true' }),
    element('th', { scope: 'col' }, 'Score'),
  );
  return element(
    'table',
    {},
    element('caption', { className: 'hidden' }, 'Labels by score'),
    element(
      'colgroup',
      {},
      element('col', { className: 'label' }),
      element('col'),
      element('col', { className: 'score' }),
    ),
    element('thead', { className: 'hidden' }, head),
    element('tbody', {}, ...labels.map((label, i) => row(label, i === 0))),
  );
}

/**
 * One text's result.
 *
 * @param tokens The text's length, special tokens included.
 * @param limit The longest text that the model reads in tokens; null: no limit.
 */
export function resultItem({ text, labels, tokens, limit }) {
  const item = element('li', { className: 'result' });
  item.append(
    element('p', { className: 'input' }, text),
    table(labels),
    element('p', { className: 'meta' }, tokens === 1 ? '1 token' : `${tokens} tokens`),
  );
  if (limit !== null && tokens > limit) {
    const notice = `Cut: the model reads the first ${limit} of ${tokens} tokens.`;
    item.append(element('p', { className: 'notice' }, notice));
  }
  return item;
}
