// What scripts/build.sh puts into web/dist/wasm.
declare module '*.mjs' {
  const create: import('./runtime/module.js').CreateModule;
  export default create;
}
declare module '*/wasm/manifest.js' {
  export const variants: readonly string[];
}
declare module '*/wasm/static.js' {
  export const modules: import('./runtime/variants.js').StaticModules;
}
