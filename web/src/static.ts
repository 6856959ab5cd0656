// The package without dynamic imports, for service workers and edge functions: the engine and the
// single-threaded variants are imported statically and run in the caller's thread.
import { env } from './env.js';
import { Engine } from './runtime/engine.js';
import { host } from './runtime/host.js';
import { modules } from './wasm/static.js';

env.useWorker = false;
env.wasm.threads = 1;
host.use(new Engine(modules));

export * from './index.js';
