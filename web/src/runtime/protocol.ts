import type { EngineSettings } from '../env.js';
import { VerdictError, type VerdictErrorCode } from '../errors.js';
import type { ProgressEvent } from '../types.js';
import type { Engine } from './engine.js';

/** Methods of the engine that a host calls. */
export type EngineMethod = Exclude<keyof Engine, 'configure'>;

export interface Call {
  id: number;
  settings: EngineSettings;
  method: EngineMethod;
  /** Without the context, which the engine's side adds where the method takes one. */
  args: unknown[];
}

export type Message =
  | { id: number; progress: ProgressEvent }
  | { id: number; warning: string }
  | { id: number; value: unknown }
  | { id: number; error: { code: VerdictErrorCode; message: string } };

/** The methods whose last parameter is a `CallContext`. */
export const LOADING_METHODS: readonly EngineMethod[] = [
  'parseConfig',
  'loadTokenizer',
  'tokenizerFiles',
  'loadModel',
];

export function toVerdictError(error: unknown): VerdictError {
  if (error instanceof VerdictError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new VerdictError('internal', `An unexpected error: ${message}`, { cause: error });
}

/** Calls a method by its name. */
export function callEngine(
  engine: Engine,
  method: EngineMethod,
  args: readonly unknown[],
): Promise<unknown> {
  const methods = engine as unknown as Record<
    string,
    (...list: readonly unknown[]) => Promise<unknown>
  >;
  return (methods[method] as (typeof methods)[string]).apply(engine, args as unknown[]);
}
