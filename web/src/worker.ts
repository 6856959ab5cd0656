// Runs the engine in a worker; runtime/host.ts is its other end.
import { Engine } from './runtime/engine.js';
import {
  LOADING_METHODS,
  callEngine,
  toVerdictError,
  type Call,
  type Message,
} from './runtime/protocol.js';

const engine = new Engine();
const scope = globalThis as unknown as {
  postMessage(message: Message): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<Call>) => void): void;
};

async function serve({ id, settings, method, args }: Call): Promise<void> {
  try {
    engine.configure(settings);
    if (LOADING_METHODS.includes(method)) {
      args.push({
        progress: (progress: never) => scope.postMessage({ id, progress }),
        warn: (warning: string) => scope.postMessage({ id, warning }),
      });
    }
    scope.postMessage({ id, value: await callEngine(engine, method, args) });
  } catch (error) {
    const { code, message } = toVerdictError(error);
    scope.postMessage({ id, error: { code, message } });
  }
}

/** One call after another: the engine is one thread anyway. */
let queue = Promise.resolve();
scope.addEventListener('message', (event) => {
  queue = queue.then(() => serve(event.data));
});
