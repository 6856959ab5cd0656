// Files of Node: a model's folder, and the cache of downloads. Loaded only there.
import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { VerdictError } from '../errors.js';
import type { ByteFile, FileSource } from './byte_file.js';
import type { CacheWriter, FileCache, PartialFile } from './cache.js';

const CHUNK_BYTES = 1 << 20;

function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

async function diskFile(path: string): Promise<ByteFile | null> {
  let size: number;
  try {
    const status = await stat(path);
    if (!status.isFile()) throw new VerdictError('io', `"${path}" is not a regular file.`);
    size = status.size;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return null;
    if (error instanceof VerdictError) throw error;
    throw new VerdictError('io', `"${path}" cannot be opened: ${String(error)}.`, { cause: error });
  }
  return {
    name: path,
    size,
    async *stream(begin, end) {
      const handle = await open(path);
      try {
        const chunk = new Uint8Array(Math.min(CHUNK_BYTES, end - begin));
        for (let at = begin; at < end;) {
          const wanted = Math.min(chunk.length, end - at);
          const { bytesRead } = await handle.read(chunk, 0, wanted, at);
          if (bytesRead === 0) {
            throw new VerdictError(
              'corrupt_file',
              `"${path}" became shorter while it was being read.`,
            );
          }
          yield chunk.subarray(0, bytesRead);
          at += bytesRead;
        }
      } finally {
        await handle.close();
      }
    },
  };
}

export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

export function folderFiles(path: string): FileSource {
  return { name: path, open: (file) => diskFile(join(path, file)) };
}

/** The file of that path. Throws `not_found`. */
export async function openPath(path: string): Promise<ByteFile> {
  const file = await diskFile(path);
  if (!file) throw new VerdictError('not_found', `There is no file "${path}".`);
  return file;
}

export function defaultCacheDir(): string {
  const base = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  return process.env['VERDICT_CACHE'] ?? join(base, 'verdict', 'hub');
}

/** Downloads as files. A finished file stands under its name; an unfinished one ends in .incomplete,
 * with its entity tag beside it in .etag. */
export class DiskCache implements FileCache {
  constructor(private readonly folder: string) {}

  private path(key: string): string {
    const url = new URL(key);
    const name = url.pathname.split('/').pop() || 'index';
    const hash = createHash('sha256').update(key).digest('hex').slice(0, 24);
    return join(this.folder, url.host.replace(/[^\w.-]/g, '_'), hash, name);
  }

  async open(key: string): Promise<ByteFile | null> {
    return diskFile(this.path(key));
  }

  async partial(key: string): Promise<PartialFile | null> {
    const path = this.path(key);
    const file = await diskFile(`${path}.incomplete`);
    if (!file) return null;
    const etag = await readFile(`${path}.etag`, 'utf8').catch(() => '');
    return { loaded: file.size, etag };
  }

  async *readPartial(key: string): AsyncIterable<Uint8Array> {
    const file = await diskFile(`${this.path(key)}.incomplete`);
    if (file) yield* file.stream(0, file.size);
  }

  async write(key: string, offset: number, etag: string): Promise<CacheWriter> {
    const path = this.path(key);
    const partial = `${path}.incomplete`;
    await mkdir(dirname(path), { recursive: true });
    await writeFile(`${path}.etag`, etag);
    const handle = await open(partial, offset > 0 ? 'r+' : 'w');
    let at = offset;
    return {
      write: async (chunk) => {
        await handle.write(chunk, 0, chunk.length, at);
        at += chunk.length;
      },
      commit: async () => {
        await handle.truncate(at);
        await handle.close();
        await rename(partial, path);
        await rm(`${path}.etag`, { force: true });
        return openPath(path);
      },
      suspend: () => handle.close(),
      abort: async () => {
        await handle.close();
        await rm(partial, { force: true });
        await rm(`${path}.etag`, { force: true });
      },
    };
  }
}
