import { VerdictError } from '../errors.js';

/** Random and sequential access to one file, wherever it lies. */
export interface ByteFile {
  readonly name: string;
  readonly size: number;
  /** The bytes from `begin` up to `end`, in chunks of any size, each valid until the next is taken. */
  stream(begin: number, end: number): AsyncIterable<Uint8Array>;
}

/** The files of one model. */
export interface FileSource {
  /** For messages. */
  readonly name: string;
  /** Why a file may be missing, for messages; empty: no reason. */
  readonly restriction: string;
  /** The file, or null when there is none of that name. */
  open(file: string): Promise<ByteFile | null>;
}

export async function readPart(file: ByteFile, begin: number, end: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(end - begin);
  let at = 0;
  for await (const chunk of file.stream(begin, end)) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** The whole content. */
export function readAll(file: ByteFile): Promise<Uint8Array> {
  return readPart(file, 0, file.size);
}

export async function readText(file: ByteFile): Promise<string> {
  return new TextDecoder().decode(await readAll(file));
}

/** The file; an error that names it when there is none. */
export async function requireFile(files: FileSource, name: string): Promise<ByteFile> {
  const file = await files.open(name);
  if (file) return file;
  throw new VerdictError('not_found', `"${files.name}" has no file "${name}"${files.restriction}.`);
}

export function memoryFile(name: string, bytes: Uint8Array): ByteFile {
  return {
    name,
    size: bytes.length,
    async *stream(begin, end) {
      yield bytes.subarray(begin, end);
    },
  };
}

export function blobFile(name: string, blob: Blob): ByteFile {
  return {
    name,
    size: blob.size,
    async *stream(begin, end) {
      const reader = blob.slice(begin, end).stream().getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        yield value;
      }
    },
  };
}
