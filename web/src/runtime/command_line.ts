import { usableVariants } from './variants.js';

type CreateProgram = (options: { arguments: string[]; thisProgram: string }) => Promise<unknown>;

/** The command line of the best variant that this build holds. */
export async function importCommandLine(): Promise<CreateProgram> {
  const { variants } = await import('../wasm/manifest.js');
  const variant = usableVariants(false).find((name) => variants.includes(name)) ?? 'simd';
  const path = `../wasm/verdict-cli-${variant}.mjs`;
  return ((await import(path)) as { default: CreateProgram }).default;
}
