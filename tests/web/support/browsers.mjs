// Real browsers, driven by puppeteer-core: Chromium and Firefox as Debian installs them.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import puppeteer from 'puppeteer-core';

/** Puppeteer's name of each browser, and the names of its program. */
const PROGRAMS = {
  chrome: ['chromium', 'chromium-browser', 'google-chrome'],
  firefox: ['firefox-esr', 'firefox'],
};
export const BROWSERS = Object.keys(PROGRAMS);

const CHROMIUM_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function executablePath(browser) {
  const folders = process.env.PATH.split(delimiter);
  const paths = PROGRAMS[browser].flatMap((name) => folders.map((folder) => join(folder, name)));
  const path = paths.find(isProgram);
  if (path === undefined) {
    throw new Error(`${PROGRAMS[browser][0]} is needed: apt-get install ${PROGRAMS[browser][0]}`);
  }
  return path;
}

/**
 * Starts a browser with a new, empty profile.
 *
 * @param dark Whether pages see a dark colour scheme and the wish for little motion.
 */
export async function launch(browser, { dark = false } = {}) {
  const started = await puppeteer.launch({
    browser,
    executablePath: executablePath(browser),
    headless: true,
    args: browser === 'chrome' ? CHROMIUM_FLAGS : [],
    extraPrefsFirefox: {
      'layout.css.prefers-color-scheme.content-override': dark ? 0 : 1,
      'ui.prefersReducedMotion': dark ? 1 : 0,
    },
    // Both cores may be busy with a build.
    protocolTimeout: 60_000,
  });
  const features = [
    { name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' },
    { name: 'prefers-reduced-motion', value: dark ? 'reduce' : 'no-preference' },
  ];
  return {
    /** A page with a storage of its own; its errors are gathered in `errors`. */
    async newPage({ width = 1200, height = 900 } = {}) {
      const context = await started.createBrowserContext();
      const page = await context.newPage();
      await page.setViewport({ width, height });
      if (browser === 'chrome') await page.emulateMediaFeatures(features);
      const errors = [];
      page.on('pageerror', (error) => errors.push(String(error)));
      return { page, errors, context, close: () => context.close() };
    },
    close: () => started.close(),
  };
}

/** Lets `script` run in every module worker of the pages that are opened next, before all else. */
export function beforeWorkers(page, script) {
  return page.evaluateOnNewDocument((code) => {
    const url = (text) => URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
    window.Worker = class extends Worker {
      constructor(worker, options) {
        super(url(`import '${url(code)}'; import '${new URL(worker, location)}';`), options);
      }
    };
  }, script);
}

/** The script for `beforeWorkers` that makes IndexedDB refuse, as in some private windows. */
export const NO_INDEXED_DB = `indexedDB.open = () => {
  throw new DOMException('Refused by the test.', 'SecurityError');
};`;
