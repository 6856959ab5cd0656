import { checkKinds } from '../check.js';
import type { HubOptions } from '../types.js';

const HUB_KINDS = {
  revision: 'string',
  subfolder: 'string',
  token: 'string',
  local_files_only: 'boolean',
  cache_dir: 'string',
} as const;

/** Options of `HubOptions` that travel to the engine. */
export const HUB_OPTIONS: readonly string[] = Object.keys(HUB_KINDS);

/** Divides options into those of the hub and config attributes; `own` and undefined ones are left out. */
export function splitOptions(
  options: HubOptions & Record<string, unknown>,
  own: readonly string[],
): { hub: HubOptions; kwargs: Record<string, unknown> } {
  checkKinds(options, HUB_KINDS);
  const hub: Record<string, unknown> = {};
  const kwargs: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || name === 'progress_callback' || own.includes(name)) continue;
    (HUB_OPTIONS.includes(name) ? hub : kwargs)[name] = value;
  }
  return { hub, kwargs };
}
