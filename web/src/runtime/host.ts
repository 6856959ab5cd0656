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

  async call<M extends EngineMethod>(
    method: M,
    args: Parameters_<M>,
    progress?: ProgressCallback,
  ): Promise<Result<M>> {
    if (env.useWorker && typeof Worker !== 'undefined') {
      return (await this.callWorker(method, args, progress)) as Result<M>;
    }
    this.engine ??= import('./engine.js').then((module) => new module.Engine());
    const engine = await this.engine;
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

  /** Ends the worker when nothing is left to do in it. */
  release(): void {
    this.worker?.terminate();
    this.worker = undefined;
    this.engine = undefined;
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
      this.release();
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

/** The one engine of this thread and its live handles. */
export const host = new Host();
const live = new Set<number>();

export function keep(handle: number): void {
  live.add(handle);
}

/** Frees engine objects; the last one takes the engine with it. */
export async function dispose(handles: readonly number[]): Promise<void> {
  const own = handles.filter((handle) => live.delete(handle));
  if (own.length === 0) return;
  await host.call('dispose', [own]);
  if (live.size === 0) host.release();
}
