import { engineSettings, env } from '../env.js';
import { VerdictError } from '../errors.js';
import type { ProgressCallback } from '../types.js';
import type { CallContext, Engine } from './engine.js';
import {
  LOADING_METHODS,
  callEngine,
  toVerdictError,
  type Call,
  type EngineMethod,
  type Message,
} from './protocol.js';

type Parameters_<M extends EngineMethod> =
  Parameters<Engine[M]> extends [...infer Head, CallContext] ? Head : Parameters<Engine[M]>;
type Result<M extends EngineMethod> = Awaited<ReturnType<Engine[M]>>;

interface Pending {
  resolve: (value: unknown) => void;
  reject: (error: VerdictError) => void;
  progress: ProgressCallback | undefined;
}

/** Calls the engine, which lives in a worker or in this thread. */
export class Host {
  private engine: Promise<Engine> | undefined;
  private worker: Worker | undefined;
  private readonly pending = new Map<number, Pending>();
  private nextId = 1;
  /** Number of the worker; objects die with theirs. */
  generation = 0;

  async call<M extends EngineMethod>(
    method: M,
    args: Parameters_<M>,
    progress?: ProgressCallback,
  ): Promise<Result<M>> {
    if (env.useWorker && typeof Worker !== 'undefined') {
      return (await this.callWorker(method, args, progress)) as Result<M>;
    }
    const engine = await (this.engine ??= this.importEngine());
    engine.configure(engineSettings());
    const list: unknown[] = [...args];
    if (LOADING_METHODS.includes(method)) {
      const context: CallContext = { progress, warn: (message) => env.warn(message) };
      list.push(context);
    }
    try {
      return (await callEngine(engine, method, list)) as Result<M>;
    } catch (error) {
      throw toVerdictError(error);
    }
  }

  /** Ends the worker, unless a call is under way in it. */
  endIdleWorker(): void {
    if (this.pending.size === 0) this.endWorker();
  }

  private endWorker(): void {
    this.worker?.terminate();
    this.worker = undefined;
    this.generation += 1;
  }

  private async importEngine(): Promise<Engine> {
    const { Engine } = await import('./engine.js');
    return new Engine();
  }

  /** Uses this engine in this thread, where dynamic imports are not possible. */
  use(engine: Engine): void {
    this.engine = Promise.resolve(engine);
  }

  private callWorker(
    method: EngineMethod,
    args: unknown[],
    progress: ProgressCallback | undefined,
  ): Promise<unknown> {
    const worker = (this.worker ??= this.start());
    const id = this.nextId++;
    const call: Call = { id, settings: engineSettings(), method, args };
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve, reject, progress });
      worker.postMessage(call);
    });
  }

  private start(): Worker {
    const worker = new Worker(new URL('../worker.js', import.meta.url), { type: 'module' });
    worker.addEventListener('message', (event: MessageEvent<Message>) => this.receive(event.data));
    worker.addEventListener('error', (event) => {
      this.endWorker();
      const reason = event.message || 'its script could not be loaded';
      const error = new VerdictError('internal', `The worker failed: ${reason}.`);
      for (const { reject } of this.pending.values()) reject(error);
      this.pending.clear();
    });
    return worker;
  }

  private receive(message: Message): void {
    const pending = this.pending.get(message.id);
    if (!pending) return;
    if ('progress' in message) {
      pending.progress?.(message.progress);
      return;
    }
    if ('warning' in message) {
      env.warn(message.warning);
      return;
    }
    this.pending.delete(message.id);
    if ('error' in message) {
      pending.reject(new VerdictError(message.error.code, message.error.message));
    } else {
      pending.resolve(message.value);
    }
  }
}

/** The one engine of this thread. */
export const host = new Host();
let live = 0;

/** An object of the engine, until it is disposed of. */
export class Handle {
  private disposed = false;
  private readonly generation = host.generation;

  constructor(
    private readonly number: number,
    private readonly what: string,
  ) {
    live += 1;
  }

  /** What the engine knows it by. Throws when it was disposed of. */
  get id(): number {
    if (this.disposed) {
      throw new VerdictError('invalid_argument', `The ${this.what} was disposed of.`);
    }
    if (this.generation !== host.generation) {
      throw new VerdictError(
        'internal',
        `The ${this.what} is lost: its worker failed. Load it again.`,
      );
    }
    return this.number;
  }

  /** Takes the number out; null the second time. */
  take(): number | null {
    if (this.disposed) return null;
    this.disposed = true;
    live -= 1;
    return this.generation === host.generation ? this.number : null;
  }
}

/** Frees engine objects; the last one takes the engine's memory, or its worker, with it. */
export async function dispose(handles: readonly Handle[]): Promise<void> {
  const numbers = handles.map((handle) => handle.take()).filter((number) => number !== null);
  if (numbers.length === 0) return;
  await host.call('dispose', [numbers]);
  if (live === 0) host.endIdleWorker();
}
