import { host } from '../runtime/host.js';
import type { BuildInfo } from '../runtime/native.js';

/** The variant in use, its threads and the supported model types. */
export function build_info(): Promise<BuildInfo & { threads: number }> {
  return host.call('info', []);
}
