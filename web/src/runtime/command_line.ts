import { cpus } from 'node:os';
import { variants } from '../wasm/manifest.js';
import { usableVariants } from './variants.js';

interface ProgramOptions {
  arguments: string[];
  thisProgram: string;
  pthreadPoolSize: number;
}

type CreateProgram = (options: ProgramOptions) => Promise<unknown>;

/** Threads to have ready for `--threads N`; as in C++, 0 or none means one a core. */
function threadsOf([command, ...args]: readonly string[]): number {
  if (command !== 'classify' && command !== 'run') return 1;
  const at = args.findIndex((arg) => arg === '--threads' || arg.startsWith('--threads='));
  const text = at < 0 ? '0' : (args[at]?.split('=')[1] ?? args[at + 1] ?? '');
  if (/^0+$/.test(text)) return cpus().length;
  return /^\d{1,3}$/.test(text) ? Number(text) : 1;
}

/** Runs the command line of the best variant that this build holds. */
export async function runCommandLine(args: string[]): Promise<void> {
  const threads = threadsOf(args);
  const variant = usableVariants(threads > 1).find((name) => variants.includes(name)) ?? 'simd';
  const path = `../wasm/verdict-cli-${variant}.mjs`;
  const { default: create } = (await import(path)) as { default: CreateProgram };
  await create({ arguments: args, thisProgram: 'verdict', pthreadPoolSize: threads - 1 });
}
