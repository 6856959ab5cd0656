import type { HubOptions } from '../types.js';

const HUB_OPTIONS = ['revision', 'subfolder', 'token', 'local_files_only', 'cache_dir'] as const;

/** Divides options into those of the hub and config attributes; `own` and undefined ones are left out. */
export function splitOptions(
  options: HubOptions & Record<string, unknown>,
  own: readonly string[],
): { hub: HubOptions; kwargs: Record<string, unknown> } {
  const hub: Record<string, unknown> = {};
  const kwargs: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || name === 'progress_callback' || own.includes(name)) continue;
    const isHub = (HUB_OPTIONS as readonly string[]).includes(name);
    (isHub ? hub : kwargs)[name] = value;
  }
  return { hub: hub, kwargs };
}
