import { VerdictError } from '../errors.js';
import { OTHER_WEIGHTS, WEIGHT_FORMATS } from '../file_names.js';
import {
  readPart,
  readText,
  requireFile,
  type ByteFile,
  type FileSource,
} from '../hub/byte_file.js';
import type { RawTensor } from '../tensor.js';
import type { NativeLoader, NativeModule } from './module.js';
import { unwrap } from './native.js';

/** Gives a loader the tensors that it wants of those in memory. */
export function loadStateDict(loader: NativeLoader, state_dict: Record<string, RawTensor>): void {
  const tensors = Object.entries(state_dict);
  for (const [name, { dtype, dims }] of tensors) {
    unwrap(loader.add_tensor(name, dtype, JSON.stringify(dims)));
  }
  for (const { read, tensor } of planReads(loader)) {
    unwrap(loader.reserve(read));
    loader.buffer().set((tensors[tensor] as [string, RawTensor])[1].bytes);
    unwrap(loader.commit(read));
  }
}

/** Gives a loader the tensors that it wants of a model's files, each file read once. */
export async function loadFiles(
  loader: NativeLoader,
  files: FileSource,
  module: NativeModule,
): Promise<void> {
  const { weights, is_pytorch } = await openWeights(files, module);
  for (const file of weights) await openInLoader(loader, file, is_pytorch);
  const reads = planReads(loader);
  for (const [i, file] of weights.entries()) {
    const own = reads.filter((read) => read.file === i);
    await streamReads(file, own, {
      begin: (read) => unwrap(loader.reserve(read)),
      // Memory may grow between two chunks, so the view is taken anew.
      write: (chunk, at) => loader.buffer().set(chunk, at),
      commit: (read) => unwrap(loader.commit(read)),
    });
  }
}

/** A part of a file that holds tensors. */
interface Read {
  read: number;
  /** The first of its tensors. */
  tensor: number;
  file: number;
  begin: number;
  end: number;
}

/** The weights file, or the shards. */
async function openWeights(
  files: FileSource,
  module: NativeModule,
): Promise<{ weights: ByteFile[]; is_pytorch: boolean }> {
  for (const { weights, index, is_pytorch } of WEIGHT_FORMATS) {
    const single = await files.open(weights);
    if (single) return { weights: [single], is_pytorch };
    const list = await files.open(index);
    if (!list) continue;
    const opened: ByteFile[] = [];
    for (const shard of unwrap<string[]>(module.list_shards(await readText(list), list.name))) {
      opened.push(await requireFile(files, shard));
    }
    return { weights: opened, is_pytorch };
  }
  for (const other of OTHER_WEIGHTS) {
    if (await files.open(other)) {
      throw new VerdictError(
        'unsupported',
        `"${files.name}" holds ${other}, which is not read here. Save the model as safetensors first.`,
      );
    }
  }
  const names = WEIGHT_FORMATS.map(({ weights }) => weights).join(', ');
  throw new VerdictError(
    'not_found',
    `"${files.name}" has no weights: expected ${names} or the index of one${files.restriction}.`,
  );
}

/** Opens a weights file by the parts that the loader asks for. */
async function openInLoader(loader: NativeLoader, file: ByteFile, pytorch: boolean): Promise<void> {
  for (;;) {
    const missing = unwrap<[number, number] | null>(
      loader.open_file(file.size, file.name, pytorch),
    );
    if (!missing) return;
    loader.add_part(missing[0], await readPart(file, ...missing));
  }
}

function planReads(loader: NativeLoader): Read[] {
  const numbers = unwrap<number[]>(loader.plan());
  const reads: Read[] = [];
  for (let i = 0; i < numbers.length; i += 4) {
    const [tensor = 0, file = 0, begin = 0, end = 0] = numbers.slice(i, i + 4);
    reads.push({ read: i / 4, tensor, file, begin, end });
  }
  return reads;
}

interface ReadSink {
  begin(read: number): void;
  write(chunk: Uint8Array, at: number): void;
  commit(read: number): void;
}

/** Reads the wanted parts of a file in one pass, piece by piece. */
async function streamReads(file: ByteFile, reads: readonly Read[], sink: ReadSink): Promise<void> {
  const ordered = [...reads].sort((a, b) => a.begin - b.begin);
  const first = ordered[0];
  const last = ordered[ordered.length - 1];
  if (!first || !last) return;
  let next = 0;
  let open = false;
  let at = first.begin;
  /** Handles parts that begin at `at` and end there, too: tensors of no elements. */
  const settle = (): void => {
    for (;;) {
      const read = ordered[next];
      if (!read || read.begin > at) return;
      if (!open) sink.begin(read.read);
      open = at < read.end;
      if (open) return;
      sink.commit(read.read);
      ++next;
    }
  };
  settle();
  for await (const chunk of file.stream(first.begin, last.end)) {
    for (let used = 0; used < chunk.length;) {
      const read = ordered[next] as Read;
      const stop = open ? read.end : read.begin;
      const size = Math.min(stop - at, chunk.length - used);
      if (open) sink.write(chunk.subarray(used, used + size), at - read.begin);
      used += size;
      at += size;
      settle();
    }
  }
}
