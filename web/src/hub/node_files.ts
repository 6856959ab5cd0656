// Files of Node: a model's folder, and the cache of downloads. Loaded only there.
import { createHash } from 'node:crypto';
import {
  access,
  constants,
  mkdir,
  open,
  readFile,
  readdir,
  rename,
  rm,
  stat,
  writeFile,
  type FileHandle,
} from 'node:fs/promises';
import { availableParallelism, homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { VerdictError } from '../errors.js';
import type { ByteFile, FileSource } from './byte_file.js';
import type { ForeignCheckpoint } from './node_converter.js';
import type { CacheWriter, FileCache, PartialFile } from './cache.js';

const CHUNK_BYTES = 1 << 20;

/** See `convertCheckpoint`; the cache is `folder`, or the user's. */
export async function convertedFolder(
  checkpoint: ForeignCheckpoint,
  folder: string | undefined,
): Promise<string> {
  const { convertCheckpoint } = await import('./node_converter.js');
  return convertCheckpoint(checkpoint, folder ?? defaultCacheDir());
}

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
      const chunk = new Uint8Array(Math.min(CHUNK_BYTES, end - begin));
      try {
        for (let at = begin; at < end;) {
          const size = Math.min(chunk.length, end - at);
          const { bytesRead } = await handle.read(chunk, 0, size, at);
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
  return { name: path, restriction: '', open: (file) => diskFile(join(path, file)) };
}

/** The path of a file: URL; any other text as it is. */
export function toPath(source: string): string {
  return source.startsWith('file:') ? fileURLToPath(source) : source;
}

/** The file of that path. Throws `not_found`. */
export async function openPath(path: string): Promise<ByteFile> {
  const file = await diskFile(path);
  if (!file) throw new VerdictError('not_found', `There is no file "${path}".`);
  return file;
}

export function coreCount(): number {
  return availableParallelism();
}

/** The folder of the bundled model beside the package, as in a checkout of the repository. */
export async function bundledModel(name: string): Promise<string | null> {
  const folder = fileURLToPath(new URL(`../../../models/${name}`, import.meta.url));
  return (await isFolder(folder)) ? folder : null;
}

function defaultCacheDir(): string {
  const base = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  return process.env['VERDICT_CACHE'] || join(base, 'verdict', 'hub');
}

/** Runs work of the cache; its failures become `io`. */
async function storing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof VerdictError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new VerdictError('io', `The cache's folder failed: ${reason}.`, { cause });
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return !hasCode(error, 'ESRCH');
  }
}

/** Writes all of `chunk` at `at`. */
async function writeAll(handle: FileHandle, chunk: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < chunk.length;) {
    done += (await handle.write(chunk, done, chunk.length - done, at + done)).bytesWritten;
  }
}

/** Writes a file of a folder at once: a reader sees the old one or the whole new one. */
export async function saveFile(
  folder: string,
  name: string,
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  const path = join(folder, name);
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await mkdir(folder, { recursive: true });
    const handle = await open(temporary, 'w');
    try {
      let at = 0;
      for await (const chunk of chunks) {
        await writeAll(handle, chunk, at);
        at += chunk.length;
      }
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    if (cause instanceof VerdictError) throw cause;
    throw new VerdictError('io', `"${path}" cannot be written: ${String(cause)}.`, { cause });
  }
}

/**
 * Downloads as files. A finished one stands under its name. An unfinished one is
 * NAME.PID.incomplete, written by the process of that number, with its entity tag in a file
 * beside it; when that process is gone, the next that wants the file goes on with it.
 */
export class DiskCache implements FileCache {
  private constructor(private readonly folder: string) {}

  /** The cache in `folder`, or in the user's. Throws `io` when it cannot be made or written. */
  static create(folder = defaultCacheDir()): Promise<DiskCache> {
    return storing(async () => {
      await mkdir(folder, { recursive: true });
      await access(folder, constants.W_OK);
      return new DiskCache(folder);
    });
  }

  private path(key: string): string {
    const url = new URL(key);
    const name = url.pathname.split('/').pop() || 'index';
    const hash = createHash('sha256').update(key).digest('hex').slice(0, 24);
    return join(this.folder, url.host.replace(/[^\w.-]/g, '_'), hash, name);
  }

  private partialPath(key: string): string {
    return `${this.path(key)}.${process.pid}.incomplete`;
  }

  /** Takes over what a process left that is gone. */
  private async claimPartial(key: string): Promise<void> {
    const path = this.path(key);
    const own = this.partialPath(key);
    const names = await readdir(dirname(path)).catch(() => []);
    for (const name of names) {
      const pid = /\.(\d+)\.incomplete$/.exec(name)?.[1];
      if (pid === undefined || isRunning(Number(pid))) continue;
      const left = join(dirname(path), name);
      await rename(left, own).catch(() => undefined);
      await rename(`${left}.etag`, `${own}.etag`).catch(() => undefined);
    }
  }

  open(key: string): Promise<ByteFile | null> {
    return storing(() => diskFile(this.path(key)));
  }

  partial(key: string): Promise<PartialFile | null> {
    return storing(async () => {
      await this.claimPartial(key);
      const path = this.partialPath(key);
      const file = await diskFile(path);
      if (!file) return null;
      const etag = await readFile(`${path}.etag`, 'utf8').catch(() => '');
      return { loaded: file.size, etag };
    });
  }

  async *readPartial(key: string): AsyncIterable<Uint8Array> {
    const file = await diskFile(this.partialPath(key));
    if (file) yield* file.stream(0, file.size);
  }

  noteAbsent(key: string): Promise<void> {
    return storing(async () => {
      const path = this.path(key);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(`${path}.absent`, '');
    });
  }

  isAbsent(key: string): Promise<boolean> {
    return storing(async () => (await diskFile(`${this.path(key)}.absent`)) !== null);
  }

  write(key: string, offset: number, etag: string): Promise<CacheWriter> {
    return storing(() => this.startWriting(key, offset, etag));
  }

  private async startWriting(key: string, offset: number, etag: string): Promise<CacheWriter> {
    const path = this.path(key);
    const partial = this.partialPath(key);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(`${partial}.etag`, etag);
    const handle = await open(partial, offset > 0 ? 'r+' : 'w');
    let at = offset;
    const removeEtag = (): Promise<void> => rm(`${partial}.etag`, { force: true });
    return {
      write: (chunk) =>
        storing(async () => {
          await writeAll(handle, chunk, at);
          at += chunk.length;
        }),
      commit: () =>
        storing(async () => {
          await handle.truncate(at);
          await handle.datasync();
          await handle.close();
          await rename(partial, path);
          await removeEtag();
          await rm(`${path}.absent`, { force: true });
          return openPath(path);
        }),
      suspend: () => storing(() => handle.close()),
      abort: () =>
        storing(async () => {
          await handle.close();
          await rm(partial, { force: true });
          await removeEtag();
        }),
    };
  }
}
