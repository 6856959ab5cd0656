// The Emscripten modules as src/bindings/module.cc declares them.

/** A C++ object; `delete` frees it. */
export interface NativeObject {
  delete(): void;
}

export interface NativeFiles extends NativeObject {
  add(name: string, bytes: Uint8Array): void;
}

export interface NativeHasher extends NativeObject {
  update(bytes: Uint8Array): void;
  digest(): string;
}

export interface NativeTensors extends NativeObject {
  add(name: string, dtype: string, shape: string): string;
  size(): number;
  info(index: number): string;
  data(index: number): Uint8Array;
}

export interface NativeTokenizer extends NativeObject {
  load(files: NativeFiles, name: string): string;
  encode(texts: Uint8Array, options: string): string;
  encoded(): Int32Array;
  decode(ids: string, skip_special_tokens: boolean): string;
  tokens(ids: string): string;
  ids(tokens: string): string;
}

export interface NativeModel extends NativeObject {
  info(): string;
  forward(inputs: NativeTensors, options: string, outputs: NativeTensors): string;
  train(mode: boolean): string;
  named_parameters(): string;
  parameter(name: string, outputs: NativeTensors): string;
  config_json(): string;
  counters(): string;
}

export interface NativeRuntime extends NativeObject {
  open(threads: number): string;
}

export interface NativeLoader extends NativeObject {
  open(runtime: NativeRuntime, config: string, kwargs: string, options: string): string;
  open_file(size: number, name: string, is_pytorch: boolean): string;
  add_part(begin: number, bytes: Uint8Array): void;
  add_tensor(name: string, dtype: string, shape: string): string;
  plan(): string;
  reserve(read: number): string;
  buffer(): Uint8Array;
  commit(read: number): string;
  finish(model: NativeModel): string;
}

export interface NativePipeline extends NativeObject {
  open(model: NativeModel, tokenizer: NativeTokenizer, allow_new_head: boolean): string;
  classify(inputs: string, options: string): string;
}

export interface NativeModule {
  parse_config(text: string, name: string, kwargs: string, model: string): string;
  list_shards(index: string, name: string): string;
  build_info(): string;
  Files: new () => NativeFiles;
  Hasher: new () => NativeHasher;
  Tensors: new () => NativeTensors;
  Tokenizer: new () => NativeTokenizer;
  Model: new () => NativeModel;
  Runtime: new () => NativeRuntime;
  Loader: new () => NativeLoader;
  Pipeline: new () => NativePipeline;
  /** In variants with threads. */
  PThread?: { terminateAllThreads(): void };
}

export interface ModuleOptions {
  locateFile?: (file: string, folder: string) => string;
  /** Of `WebAssembly`'s types, which not every consumer of this file has. */
  instantiateWasm?: (
    imports: object,
    receive: (instance: object, module: object) => void,
  ) => object;
  /** Threads beside the caller, in variants that have them. */
  pthreadPoolSize?: number;
}

export type CreateModule = (options: ModuleOptions) => Promise<NativeModule>;
