// The demo page, used with real clicks and keys.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { serveDemo } from '../../../scripts/demo-server.mjs';
import { BROWSERS, NO_INDEXED_DB, beforeWorkers, launch } from '../support/browsers.mjs';
import { root } from '../support/server.mjs';

const examples = JSON.parse(
  readFileSync(`${root}/models/verdict-sentiment-en/examples.json`, 'utf8'),
);
const screenshots = `${root}/build/screenshots`;
mkdirSync(screenshots, { recursive: true });

/** Opens the page and waits until the model is there. */
async function openDemo(browser, server, size) {
  const tab = await browser.newPage(size);
  await tab.page.goto(server.url);
  await waitForStatus(tab.page, 'Ready');
  return tab;
}

/** Waits for the status line to begin with `text`; an error on the page ends the wait. */
async function waitForStatus(page, text) {
  await page.waitForFunction(
    (start) =>
      document.querySelector('#status').textContent.startsWith(start) ||
      document.querySelector('#error').textContent !== '',
    { timeout: 60_000 },
    text,
  );
  const error = await textOf(page, '#error');
  assert.equal(error, '');
}

const textOf = (page, selector) => page.$eval(selector, (node) => node.textContent.trim());

/** Waits for the results of exactly these texts, and reads them off the page. */
async function readResults(page, texts) {
  await page.waitForFunction(
    (expected) => {
      const shown = [...document.querySelectorAll('.result .input')].map((p) => p.textContent);
      return JSON.stringify(shown) === expected;
    },
    { timeout: 60_000 },
    JSON.stringify(texts),
  );
  return page.$$eval('.result', (items) =>
    items.map((item) => ({
      scores: Object.fromEntries(
        [...item.querySelectorAll('tbody tr')].map((row) => [
          row.querySelector('th').textContent,
          Number(row.querySelector('data').value),
        ]),
      ),
      best: item.querySelector('tr.best th').textContent,
      meta: item.querySelector('.meta').textContent,
      notice: item.querySelector('.notice')?.textContent ?? '',
      widths: [...item.querySelectorAll('.bar')].map(
        (bar) =>
          parseFloat(getComputedStyle(bar, '::before').width) / bar.getBoundingClientRect().width,
      ),
    })),
  );
}

function assertCloseToCard({ scores, best }, { text, label, probabilities }, tolerance) {
  assert.equal(best, label, text);
  assert.deepEqual(Object.keys(scores).sort(), Object.keys(probabilities).sort());
  for (const [name, probability] of Object.entries(probabilities)) {
    const error = Math.abs(scores[name] - probability);
    assert.ok(error < tolerance, `${text}: ${name} is ${scores[name]}, not ${probability}`);
  }
}

/** Texts whose contrast with their ground is under WCAG's 4.5 : 1, with their ratio. */
const lowContrast = (page) =>
  page.evaluate(() => {
    const parse = (color) => color.match(/[\d.]+/g).map(Number);
    const luminance = (color) => {
      const [r, g, b] = color.map((c) => {
        const s = c / 255;
        return s <= 0.03928 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ground = (node) => {
      for (let at = node; at; at = at.parentElement) {
        const [r, g, b, alpha = 1] = parse(getComputedStyle(at).backgroundColor);
        if (alpha === 1) return [r, g, b];
      }
      return [255, 255, 255];
    };
    const low = [];
    const own = (node) =>
      [...node.childNodes].some((c) => c.nodeType === Node.TEXT_NODE && c.data.trim() !== '');
    for (const node of document.querySelectorAll('body *')) {
      if (!own(node) || node.getClientRects().length === 0) continue;
      const pair = [parse(getComputedStyle(node).color).slice(0, 3), ground(node)].map(luminance);
      const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
      if (ratio < 4.5) low.push(`${node.textContent.trim().slice(0, 30)}: ${ratio.toFixed(2)}`);
    }
    return low;
  });

for (const name of BROWSERS) {
  describe(name, () => {
    let browser;
    let server;
    let fault;
    let tab;
    let page;

    before(async () => {
      browser = await launch(name);
      server = await serveDemo({ intercept: (...call) => fault?.(...call) === true });
      tab = await browser.newPage();
      page = tab.page;
    });
    after(async () => {
      await browser?.close();
      await server?.close();
    });

    test('loads the model and says how far it is', async () => {
      // What the page showed on the way.
      await page.evaluateOnNewDocument(() => {
        window.shown = [];
        new MutationObserver(() => {
          const bytes = document.querySelector('#loading-bytes');
          const bar = document.querySelector('#progress');
          if (bytes?.textContent && !document.querySelector('#loading').hidden) {
            window.shown.push({ text: bytes.textContent, part: bar.position });
          }
        }).observe(document, { childList: true, subtree: true });
      });
      await page.goto(server.url);
      await waitForStatus(page, 'Ready');
      const shown = await page.evaluate(() => window.shown);
      assert.ok(shown.length > 2, JSON.stringify(shown));
      assert.match(shown.at(-1).text, /^\d+\.\d MB of \d+\.\d MB$/);
      assert.ok(shown.some(({ part }) => part > 0.2 && part < 0.9));
      assert.equal(await page.$eval('#loading', (node) => node.hidden), true);
      assert.match(await textOf(page, '#fact-model'), /^verdict-sentiment-en, BertFor/);
      assert.match(await textOf(page, '#fact-load'), /downloaded$/);
      assert.match(await textOf(page, '#fact-threads'), /^\d+$/);
      const build = await page.evaluate(async () => (await import('verdict')).build_info());
      assert.equal(await textOf(page, '#fact-variant'), build.variant);
    });

    test('classifies what is typed, one result a line', async () => {
      const chosen = examples.slice(0, 4);
      await page.click('#text');
      for (const [i, { text }] of chosen.entries()) {
        if (i > 0) await page.keyboard.press('Enter');
        await page.keyboard.type(text);
      }
      await page.click('button[type=submit]');
      const results = await readResults(
        page,
        chosen.map(({ text }) => text),
      );
      for (const [i, result] of results.entries()) {
        assertCloseToCard(result, chosen[i], 1e-3);
        assert.match(result.meta, /^\d+ tokens$/);
        assert.equal(result.notice, '');
        const scores = Object.values(result.scores);
        for (const [k, width] of result.widths.entries()) {
          assert.ok(Math.abs(width - scores[k]) < 0.01, `${width} for ${scores[k]}`);
        }
      }
      assert.match(await textOf(page, '#status'), /^4 texts classified in [\d.]+ m?s\.$/);
      assert.match(await textOf(page, '#fact-run'), /^[\d.]+ m?s for 4 texts, \d+ tokens$/);
    });

    test('classifies examples at a click, and all of them', async () => {
      const [, example] = examples;
      await page.click('#example-list li:nth-child(2) button');
      const [single] = await readResults(page, [example.text]);
      assertCloseToCard(single, example, 1e-3);
      assert.ok((await textOf(page, '#status')).startsWith(`${example.label}, in`));
      await page.click('#all-examples');
      const results = await readResults(
        page,
        examples.map(({ text }) => text),
      );
      for (const [i, result] of results.entries()) assertCloseToCard(result, examples[i], 1e-3);
    });

    test('changes the precision', async () => {
      const [example] = examples;
      await page.click('#example-list li:nth-child(1) button');
      const [before] = await readResults(page, [example.text]);
      await page.click('input[value=q8]');
      await page.waitForFunction(() => document.querySelector('#fact-dtype').textContent === 'q8');
      await waitForStatus(page, `${example.label}, in`);
      const [quantised] = await readResults(page, [example.text]);
      assertCloseToCard(quantised, example, 0.05);
      assert.notDeepEqual(quantised.scores, before.scores);
      assert.match(await textOf(page, '#fact-load'), /from this browser's cache$/);
      await page.click('input[value=f32]');
      await page.waitForFunction(() => document.querySelector('#fact-dtype').textContent === 'f32');
      await waitForStatus(page, `${example.label}, in`);
      const [after] = await readResults(page, [example.text]);
      assert.deepEqual(after.scores, before.scores);
      assert.equal(page.workers().length, 1);
    });

    test('says when a text was cut, and when there is none', async () => {
      const long = 'word '.repeat(600).trim();
      await page.$eval('#text', (node, value) => (node.value = value), long);
      await page.click('button[type=submit]');
      const [result] = await readResults(page, [long]);
      assert.equal(result.meta, '602 tokens');
      assert.match(result.notice, /first 512 of 602 tokens/);
      await page.$eval('#text', (node) => (node.value = ' \n '));
      await page.click('button[type=submit]');
      assert.match(await textOf(page, '#text-problem'), /no text/);
      const state = await page.$eval('#text', (node) => [
        node.getAttribute('aria-invalid'),
        document.activeElement === node,
      ]);
      assert.deepEqual(state, ['true', true]);
      await page.keyboard.type('Fine.');
      assert.equal(await page.$eval('#text-problem', (node) => node.hidden), true);
    });

    test('is usable with the keyboard alone', async () => {
      await page.goto(server.url);
      await waitForStatus(page, 'Ready');
      const focused = () =>
        page.evaluate(() => {
          const { id, type, value, className } = document.activeElement;
          const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
          const visible = outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
          return { what: id || (type === 'radio' ? value : type) || className, visible };
        });
      const order = [];
      for (let i = 0; i < 6; ++i) {
        await page.keyboard.press('Tab');
        const { what, visible } = await focused();
        assert.ok(visible, `${what} shows no focus`);
        order.push(what);
      }
      assert.deepEqual(order.slice(0, 4), ['skip', 'text', 'f32', 'submit']);
      await page.keyboard.down('Shift');
      for (let i = 0; i < 4; ++i) await page.keyboard.press('Tab');
      await page.keyboard.up('Shift');
      assert.equal((await focused()).what, 'text');
      const [{ text }] = examples;
      await page.keyboard.type(text);
      await page.keyboard.down('Control');
      await page.keyboard.press('Enter');
      await page.keyboard.up('Control');
      assertCloseToCard((await readResults(page, [text]))[0], examples[0], 1e-3);
      await page.keyboard.press('Tab');
      await page.keyboard.press('ArrowDown');
      await page.waitForFunction(() => document.querySelector('#fact-dtype').textContent === 'q8');
      assert.equal((await focused()).what, 'q8');
    });

    test('tells a screen reader what it needs', async () => {
      const problems = await page.evaluate(() => {
        const found = [];
        for (const field of document.querySelectorAll('input, textarea')) {
          if (field.labels.length === 0) found.push(`${field.name} has no label`);
        }
        for (const node of document.querySelectorAll('[aria-labelledby], [aria-describedby]')) {
          for (const attribute of ['aria-labelledby', 'aria-describedby']) {
            for (const id of node.getAttribute(attribute)?.split(' ') ?? []) {
              if (!document.getElementById(id)) found.push(`${attribute} names ${id}`);
            }
          }
        }
        for (const [selector, role] of [
          ['#status', 'status'],
          ['#error', 'alert'],
        ]) {
          if (document.querySelector(selector).role !== role) found.push(`${selector}: ${role}`);
        }
        if (document.documentElement.lang !== 'en') found.push('no language');
        if (document.querySelectorAll('h1').length !== 1) found.push('not one h1');
        return found;
      });
      assert.deepEqual(problems, []);
    });

    test('shows a failed load, and loads at the second try', async () => {
      // A browser whose cache is empty.
      const { page: other, errors, close } = await browser.newPage();
      fault = (path, request, response) => {
        if (!path.endsWith('/model.safetensors')) return false;
        response.writeHead(503).end();
        return true;
      };
      await other.goto(server.url);
      await other.waitForSelector('#error button');
      assert.match(await textOf(other, '#error'), /answered with status 503.*network/s);
      assert.equal(await other.$eval('#loading', (node) => node.hidden), true);
      await other.screenshot({ path: `${screenshots}/${name}-error.png`, fullPage: true });
      fault = undefined;
      await other.click('#error button');
      assert.equal(await other.evaluate(() => document.activeElement.id), 'text');
      await waitForStatus(other, 'Ready');
      assert.deepEqual(errors, []);
      await close();
    });

    test('fits light, dark and narrow screens', async () => {
      const darkBrowser = await launch(name, { dark: true });
      try {
        for (const [scheme, from, width] of [
          ['light', browser, 1200],
          ['dark', darkBrowser, 1200],
          ['narrow', darkBrowser, 320],
        ]) {
          const { page: shot, close } = await openDemo(from, server, { width, height: 900 });
          await shot.$eval(
            '#text',
            (node, value) => (node.value = value),
            `${examples[0].text}\n${examples[4].text}\n${'word '.repeat(600).trim()}`,
          );
          await shot.click('button[type=submit]');
          await shot.waitForSelector('.result:nth-child(3)');
          await shot.screenshot({ path: `${screenshots}/${name}-${scheme}.png`, fullPage: true });
          assert.deepEqual(await lowContrast(shot), [], scheme);
          const seen = await shot.evaluate(() => ({
            dark: matchMedia('(prefers-color-scheme: dark)').matches,
            still: matchMedia('(prefers-reduced-motion: reduce)').matches,
            transition: getComputedStyle(document.querySelector('.primary')).transitionDuration,
            overflow: document.documentElement.scrollWidth - innerWidth,
          }));
          const isDark = scheme !== 'light';
          assert.equal(seen.dark, isDark);
          assert.equal(seen.still, isDark);
          assert.equal(seen.transition, isDark ? '0s' : '0.12s');
          assert.ok(seen.overflow <= 0, `${scheme} is ${seen.overflow} pixels too wide`);
          await close();
        }
      } finally {
        await darkBrowser.close();
      }
    });

    test('works where downloads cannot be kept, and says so', async () => {
      const { page: other, errors, close } = await browser.newPage();
      await beforeWorkers(other, NO_INDEXED_DB);
      await other.goto(server.url);
      await waitForStatus(other, 'Ready');
      assert.match(await textOf(other, '#warning'), /not kept/);
      assert.deepEqual(errors, []);
      await close();
    });

    test('works where pages are not isolated', async () => {
      const plain = await serveDemo({ isolated: false });
      try {
        const { page: other, close } = await openDemo(browser, plain);
        assert.equal(await textOf(other, '#fact-threads'), '1');
        assert.doesNotMatch(await textOf(other, '#fact-variant'), /threads/);
        await close();
      } finally {
        await plain.close();
      }
    });

    test('had no error of its own', () => assert.deepEqual(tab.errors, []));
  });
}
