import { env } from '../env.js';
import { DEFAULT_MODEL } from '../hub/sources.js';
import { isNode } from '../runtime/platform.js';

/** Where the bundled model is: `env.defaultModel`, the folder beside the package, or its name. */
export async function defaultModel(): Promise<string> {
  if (env.defaultModel) return env.defaultModel;
  const folder = isNode ? await (await import('#node-files')).bundledModel(DEFAULT_MODEL) : null;
  return folder ?? DEFAULT_MODEL;
}
