import { VerdictError } from '../errors.js';
import type { ByteFile } from './byte_file.js';
import type { CacheWriter, FileCache, PartialFile } from './cache.js';

const DATABASE = 'verdict';
const FILES = 'files';
const CHUNKS = 'chunks';
/** Pieces are gathered to about this size, so that records are few and memory stays small. */
const CHUNK_BYTES = 4 << 20;

/** A cached file: its data lies in `chunks` under [key, number], each of CHUNK_BYTES but the last. */
interface FileRecord {
  key: string;
  etag: string;
  loaded: number;
  chunks: number;
  complete: boolean;
  /** The server has no such file. */
  absent?: boolean;
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = (): void => resolve(request.result);
    request.onerror = (): void => reject(storageError(request.error));
  });
}

function committed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = (): void => resolve();
    transaction.onabort = transaction.onerror = (): void => reject(storageError(transaction.error));
  });
}

function storageError(cause: DOMException | null): VerdictError {
  return new VerdictError(
    'io',
    `The browser's cache failed: ${cause?.message ?? 'unknown reason'}.`,
    {
      cause,
    },
  );
}

/** Downloads in IndexedDB. */
export class IdbCache implements FileCache {
  private constructor(private readonly database: IDBDatabase) {}

  /** Throws `io` where the browser refuses, for example in private windows. */
  static async create(): Promise<IdbCache> {
    if (typeof indexedDB === 'undefined') {
      throw new VerdictError('io', 'There is no IndexedDB here.');
    }
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = (): void => {
      request.result.createObjectStore(FILES, { keyPath: 'key' });
      request.result.createObjectStore(CHUNKS);
    };
    return new IdbCache(await done(request));
  }

  private async record(key: string): Promise<FileRecord | undefined> {
    const store = this.database.transaction(FILES).objectStore(FILES);
    return (await done(store.get(key))) as FileRecord | undefined;
  }

  async open(key: string): Promise<ByteFile | null> {
    const record = await this.record(key);
    return record?.complete ? this.file(record) : null;
  }

  async partial(key: string): Promise<PartialFile | null> {
    const record = await this.record(key);
    return record && !record.complete ? { loaded: record.loaded, etag: record.etag } : null;
  }

  async *readPartial(key: string): AsyncIterable<Uint8Array> {
    const record = await this.record(key);
    if (record) yield* this.file(record).stream(0, record.loaded);
  }

  async noteAbsent(key: string): Promise<void> {
    const old = await this.record(key);
    if (old) await this.remove(old);
    const record = { key, etag: '', loaded: 0, chunks: 0, complete: false, absent: true };
    const transaction = this.database.transaction(FILES, 'readwrite');
    transaction.objectStore(FILES).put(record satisfies FileRecord);
    await committed(transaction);
  }

  async isAbsent(key: string): Promise<boolean> {
    return (await this.record(key))?.absent === true;
  }

  private file(record: FileRecord): ByteFile {
    const { database } = this;
    return {
      name: record.key,
      size: record.loaded,
      async *stream(begin, end) {
        for (let i = Math.floor(begin / CHUNK_BYTES); i * CHUNK_BYTES < end; ++i) {
          const store = database.transaction(CHUNKS).objectStore(CHUNKS);
          const chunk = (await done(store.get([record.key, i]))) as Uint8Array | undefined;
          if (!chunk) {
            throw new VerdictError('io', `The browser's cache lost a part of "${record.key}".`);
          }
          const at = i * CHUNK_BYTES;
          yield chunk.subarray(Math.max(begin - at, 0), Math.min(end - at, chunk.length));
        }
      },
    };
  }

  async write(key: string, offset: number, etag: string): Promise<CacheWriter> {
    const old = await this.record(key);
    const record: FileRecord = { key, etag, loaded: 0, chunks: 0, complete: false };
    let buffer = new Uint8Array(CHUNK_BYTES);
    let filled = 0;
    if (offset > 0 && old) {
      record.chunks = Math.floor(offset / CHUNK_BYTES);
      record.loaded = record.chunks * CHUNK_BYTES;
      for await (const rest of this.file(old).stream(record.loaded, offset)) {
        buffer.set(rest, filled);
        filled += rest.length;
      }
    } else if (old) {
      await this.remove(old);
    }
    const flush = async (complete: boolean): Promise<void> => {
      const transaction = this.database.transaction([FILES, CHUNKS], 'readwrite');
      if (filled > 0) {
        transaction.objectStore(CHUNKS).put(buffer.slice(0, filled), [key, record.chunks]);
      }
      const full = filled === CHUNK_BYTES;
      const stored = { ...record, loaded: record.loaded + filled, complete };
      stored.chunks = record.chunks + (filled > 0 ? 1 : 0);
      transaction.objectStore(FILES).put(stored);
      await committed(transaction);
      if (full) {
        record.loaded += filled;
        record.chunks += 1;
        buffer = new Uint8Array(CHUNK_BYTES);
        filled = 0;
      }
    };
    return {
      write: async (chunk) => {
        for (let at = 0; at < chunk.length;) {
          const part = chunk.subarray(at, at + CHUNK_BYTES - filled);
          buffer.set(part, filled);
          filled += part.length;
          at += part.length;
          if (filled === CHUNK_BYTES) await flush(false);
        }
      },
      commit: async () => {
        await flush(true);
        return this.file({ ...record, loaded: record.loaded + filled, complete: true });
      },
      suspend: () => flush(false),
      abort: async () => {
        const stored = await this.record(key);
        if (stored) await this.remove(stored);
      },
    };
  }

  private async remove(record: FileRecord): Promise<void> {
    const transaction = this.database.transaction([FILES, CHUNKS], 'readwrite');
    transaction.objectStore(FILES).delete(record.key);
    for (let i = 0; i < record.chunks; ++i) {
      transaction.objectStore(CHUNKS).delete([record.key, i]);
    }
    await committed(transaction);
  }
}
