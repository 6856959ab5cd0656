import type { ByteFile } from './byte_file.js';

/** What is known of a download that was begun. */
export interface PartialFile {
  /** Bytes that are already there. */
  loaded: number;
  /** The server's entity tag, so that a changed file is not continued. */
  etag: string;
}

/** A file that is being written; nothing is visible before `commit`. */
export interface CacheWriter {
  write(chunk: Uint8Array): Promise<void>;
  /** Makes the file visible under its key. */
  commit(): Promise<ByteFile>;
  /** Keeps what was written, so that the download can be resumed. */
  suspend(): Promise<void>;
  /** Throws away what was written. */
  abort(): Promise<void>;
}

/** Downloads by URL. Methods throw `io` when the storage fails, for example because it is full. */
export interface FileCache {
  open(key: string): Promise<ByteFile | null>;
  partial(key: string): Promise<PartialFile | null>;
  /** The bytes of a partial file, to hash them. */
  readPartial(key: string): AsyncIterable<Uint8Array>;
  /** Remembers that the server has no such file; a later `write` of it forgets that. */
  noteAbsent(key: string): Promise<void>;
  isAbsent(key: string): Promise<boolean>;
  /** Begins a file at byte `offset` of a partial one, or anew at 0. */
  write(key: string, offset: number, etag: string): Promise<CacheWriter>;
}
