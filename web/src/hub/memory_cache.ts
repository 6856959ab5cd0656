import { memoryFile, type ByteFile } from './byte_file.js';
import type { CacheWriter, FileCache, PartialFile } from './cache.js';

/** A cache that lasts as long as the page: where IndexedDB cannot be opened, or is not wanted. */
export class MemoryCache implements FileCache {
  private readonly parts = new Map<string, { chunks: Uint8Array[]; etag: string }>();

  async open(): Promise<ByteFile | null> {
    return null;
  }

  async partial(key: string): Promise<PartialFile | null> {
    const part = this.parts.get(key);
    if (!part) return null;
    return { loaded: part.chunks.reduce((n, chunk) => n + chunk.length, 0), etag: part.etag };
  }

  async *readPartial(key: string): AsyncIterable<Uint8Array> {
    yield* this.parts.get(key)?.chunks ?? [];
  }

  async noteAbsent(): Promise<void> {
    return undefined;
  }

  async isAbsent(): Promise<boolean> {
    return false;
  }

  async write(key: string, offset: number, etag: string): Promise<CacheWriter> {
    const chunks = offset > 0 ? (this.parts.get(key)?.chunks ?? []) : [];
    this.parts.delete(key);
    return {
      write: async (chunk) => {
        chunks.push(chunk);
      },
      commit: async () => chunkFile(key, chunks),
      suspend: async () => {
        this.parts.set(key, { chunks, etag });
      },
      abort: async () => undefined,
    };
  }
}

/** A file in pieces, which are never joined. */
function chunkFile(name: string, chunks: readonly Uint8Array[]): ByteFile {
  const size = chunks.reduce((n, chunk) => n + chunk.length, 0);
  return {
    name,
    size,
    async *stream(begin, end) {
      let at = 0;
      for (const chunk of chunks) {
        const first = Math.max(begin - at, 0);
        const last = Math.min(end - at, chunk.length);
        if (first < last) yield* memoryFile(name, chunk).stream(first, last);
        at += chunk.length;
      }
    },
  };
}
