import { env } from '../env.js';
import { DEFAULT_MODEL } from '../hub/sources.js';
import { isNode } from '../runtime/platform.js';

/** Where the bundled model is: `env.defaultModel`, the folder beside the package, or its name. */
export async function defaultModel(): Promise<string> {
  if (env.defaultModel) return env.defaultModel;
  if (isNode) {
    const { isFolder } = await import('../hub/node_files.js');
    const { fileURLToPath } = await import('node:url');
    const folder = fileURLToPath(new URL(`../../../models/${DEFAULT_MODEL}`, import.meta.url));
    if (await isFolder(folder)) return folder;
  }
  return DEFAULT_MODEL;
}
