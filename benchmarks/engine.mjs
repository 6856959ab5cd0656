// The processes of the engines.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

export const BROWSERS = ['chromium', 'firefox'];

/**
 * An engine in a process of its own, pinned to `cpus`; see handler.mjs for the requests. `places`
 * names the folders: `root` of this project, `cache` of the benchmarks, `peers` (the peers' packages)
 * `newerNode` and `python`.
 */
export class Engine {
  /** `contestant` is {peer, runtime, dtype, threads, variant}; runtime: node, newer-node, chromium, firefox, own. */
  static async start(contestant, places, cpus) {
    const engine = new Engine();
    engine.contestant = contestant;
    engine.peer = await import(`./peers/${contestant.peer}.mjs`);
    engine.places = places;
    const [command, ...args] = engine.#command();
    engine.#process = spawn('taskset', ['--cpu-list', cpus, command, ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    engine.#process.stderr.on('data', (text) => {
      engine.#errors = (engine.#errors + text).slice(-4000);
    });
    engine.#process.stdin.on('error', () => {});
    const fail = (reason) => {
      engine.#pending?.reject(new Error(`${engine.name}: ${reason}\n${engine.#errors}`));
    };
    engine.#process.on('error', (error) => fail(`its process cannot be started: ${error.message}`));
    engine.#process.on('close', (code) => fail(`its process ended with exit code ${code}`));
    createInterface({ input: engine.#process.stdout }).on('line', (line) => {
      if (!line.startsWith('{')) return;
      const answer = JSON.parse(line);
      const pending = engine.#pending;
      engine.#pending = undefined;
      if (answer.error) pending.reject(new Error(`${engine.name}: ${answer.error}`));
      else pending.resolve(answer);
    });
    return engine;
  }

  #process;
  #pending;
  #errors = '';

  get name() {
    const { dtype, threads } = this.contestant;
    return [this.peer.title, dtype, threads && `${threads} thread(s)`].filter(Boolean).join(', ');
  }

  #command() {
    const { peer, runtime } = this.contestant;
    const { root, newerNode, peers } = this.places;
    const here = `${root}/benchmarks`;
    switch (runtime) {
      case 'node':
        return [process.execPath, `${here}/host.mjs`, peer];
      case 'newer-node':
        return [newerNode, `${here}/host.mjs`, peer];
      case 'chromium':
      case 'firefox':
        return [
          process.execPath,
          `${here}/browser-host.mjs`,
          runtime,
          peer,
          root,
          peers,
          this.places.cache,
        ];
      default:
        return this.peer.command(this.places, this.contestant);
    }
  }

  #options() {
    const { dtype, threads, variant, runtime, word_cache = true } = this.contestant;
    const file = this.peer.library?.[BROWSERS.includes(runtime) ? 'browser' : 'node'];
    const folder = this.peer.npmPackage ? this.places.peers : this.places.root;
    return { dtype, threads, variant, word_cache, url: file ? `${folder}/${file}` : null };
  }

  /** Sends one request and waits for its answer. */
  request(message) {
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
      this.#process.stdin.write(`${JSON.stringify(message)}\n`);
    });
  }
  load(model) {
    return this.request({ op: 'load', model, options: this.#options() });
  }
  loadTokenizer(model) {
    return this.request({ op: 'load_tokenizer', model, options: this.#options() });
  }

  /** The largest resident size of the process so far, in bytes. */
  peakMemory() {
    const status = readFileSync(`/proc/${this.#process.pid}/status`, 'utf8');
    return 1024 * Number(/^VmHWM:\s+(\d+) kB/m.exec(status)[1]);
  }

  /** Ends the process. */
  async stop() {
    if (this.#process.exitCode !== null) return;
    const closed = new Promise((resolve) => this.#process.once('close', resolve));
    this.#process.stdin.end();
    await closed;
  }
}
