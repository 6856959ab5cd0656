import type { EngineSettings } from '../env.js';
import { VerdictError } from '../errors.js';
import { isNode } from '../runtime/platform.js';
import type { HubOptions, ModelSource, ProgressCallback } from '../types.js';
import { blobFile, memoryFile, type ByteFile, type FileSource } from './byte_file.js';
import type { FileCache } from './cache.js';
import { download, type Hasher } from './download.js';
import { IdbCache } from './idb_cache.js';
import { MemoryCache } from './memory_cache.js';

/** Name of the bundled model on a hub. */
export const DEFAULT_MODEL = 'verdict-sentiment-en';

/** What the engine gives the sources: settings, and the library's own SHA-256. */
export interface SourceContext {
  settings: EngineSettings;
  createHasher: () => Hasher;
  progress: ProgressCallback | undefined;
  warn: (message: string) => void;
}

/** Opens models' files and keeps downloads. */
export class Sources {
  /** By folder. */
  private readonly caches = new Map<string, Promise<FileCache>>();
  private readonly memory = new MemoryCache();
  private readonly opening = new Map<string, Promise<ByteFile | null>>();

  /** The files of a model. Throws `invalid_argument` or `not_found` for a source that cannot be. */
  async open(
    source: ModelSource,
    options: HubOptions,
    context: SourceContext,
  ): Promise<FileSource> {
    if (typeof source !== 'string') return fileMap(source);
    return this.openName(source, options, context);
  }

  private async openName(
    source: string,
    options: HubOptions,
    context: SourceContext,
  ): Promise<FileSource> {
    const { settings } = context;
    const subfolder = options.subfolder ? `${options.subfolder.replace(/\/+$/, '')}/` : '';
    if (/^https?:\/\//.test(source)) {
      const base = `${source.replace(/\/+$/, '')}/${subfolder}`;
      return this.remote(source, (file) => base + file, options, context);
    }
    if (isNode) {
      const node = await import('#node-files');
      const path = node.toPath(source);
      if (await node.isFolder(path)) return node.folderFiles(path + (subfolder && `/${subfolder}`));
    }
    if (!/^[\w.-]+(\/[\w.-]+)?$/.test(source) || source.includes('..')) {
      throw new VerdictError(
        'not_found',
        `"${source}" is neither a folder, nor a URL, nor a model's name such as org/model.`,
      );
    }
    const url = (file: string): string =>
      settings.remotePathTemplate
        .replaceAll('{host}', settings.remoteHost.replace(/\/+$/, ''))
        .replaceAll('{model}', source)
        .replaceAll('{revision}', encodeURIComponent(options.revision ?? 'main'))
        .replaceAll('{file}', subfolder + file);
    return this.remote(source, url, options, context);
  }

  /** One JSON file by its path (Node) or URL; null when the source is something else. */
  async openJsonFile(
    source: ModelSource,
    options: HubOptions,
    context: SourceContext,
  ): Promise<ByteFile | null> {
    if (typeof source !== 'string' || !source.endsWith('.json')) return null;
    if (/^https?:\/\//.test(source)) {
      const at = source.lastIndexOf('/');
      const folder = await this.open(source.slice(0, at), options, context);
      const file = await folder.open(source.slice(at + 1));
      if (!file) throw new VerdictError('not_found', `There is no "${source}".`);
      return file;
    }
    if (!isNode) throw new VerdictError('not_found', `"${source}" is no URL.`);
    const node = await import('#node-files');
    return node.openPath(node.toPath(source));
  }

  private remote(
    name: string,
    url: (file: string) => string,
    options: HubOptions,
    context: SourceContext,
  ): FileSource {
    const { progress, settings } = context;
    let restriction = '';
    if (options.local_files_only) restriction = ' in the cache, and local_files_only is set';
    else if (!settings.allowRemoteModels) {
      restriction = ' in the cache, and env.allowRemoteModels is false';
    }
    return {
      name,
      restriction,
      open: async (file) => {
        progress?.({ status: 'initiate', name, file });
        const address = url(file);
        // Loads that run side by side share a download.
        const key = JSON.stringify([options.cache_dir, address]);
        let opening = this.opening.get(key);
        if (!opening) {
          const wanted: RemoteFile = { name, file, address, offline: restriction !== '' };
          opening = this.openRemote(wanted, options, context).finally(() => {
            this.opening.delete(key);
          });
          this.opening.set(key, opening);
        }
        const opened = await opening;
        if (opened) progress?.({ status: 'done', name, file });
        return opened;
      },
    };
  }

  private async openRemote(
    wanted: RemoteFile,
    options: HubOptions,
    context: SourceContext,
  ): Promise<ByteFile | null> {
    const cache = await this.openCache(options, context);
    try {
      return await fetchInto(cache, wanted, options, context);
    } catch (error) {
      if (!(error instanceof VerdictError && error.code === 'io') || wanted.offline) throw error;
      context.warn(`Downloads are not kept: ${error.message}`);
      return fetchInto(this.memory, wanted, options, context);
    }
  }

  private openCache(options: HubOptions, context: SourceContext): Promise<FileCache> {
    const { useCache, cacheDir } = context.settings;
    if (!useCache) return Promise.resolve(this.memory);
    const folder = options.cache_dir ?? cacheDir;
    let cache = this.caches.get(folder);
    if (!cache) this.caches.set(folder, (cache = this.createCache(folder, context)));
    return cache;
  }

  private async createCache(folder: string, { warn }: SourceContext): Promise<FileCache> {
    try {
      if (isNode) {
        const node = await import('#node-files');
        return await node.DiskCache.create(folder || undefined);
      }
      return await IdbCache.create();
    } catch (error) {
      warn(`Downloads are not kept: ${error instanceof Error ? error.message : String(error)}`);
      return this.memory;
    }
  }
}

interface RemoteFile {
  /** Of the model and of the file. */
  name: string;
  file: string;
  address: string;
  /** Only the cache may be asked. */
  offline: boolean;
}

/** The file from the cache, or from the server into it. */
async function fetchInto(
  cache: FileCache,
  { name, file, address, offline }: RemoteFile,
  { token }: HubOptions,
  { progress, createHasher }: SourceContext,
): Promise<ByteFile | null> {
  const cached = await cache.open(address);
  if (cached || offline) return cached;
  try {
    const opened = await download(address, cache, { name, file, token, progress, createHasher });
    if (!opened) await cache.noteAbsent(address);
    return opened;
  } catch (error) {
    // Without a network, what the server did not have is still missing. (fetch fails by a TypeError.)
    const unreachable = error instanceof VerdictError && error.cause instanceof TypeError;
    if (unreachable && (await cache.isAbsent(address))) return null;
    throw error;
  }
}

function fileMap(files: Exclude<ModelSource, string>): FileSource {
  if (typeof files !== 'object' || files === null || Array.isArray(files)) {
    throw new VerdictError(
      'invalid_argument',
      'A model is given by its name, URL or path, or by an object of its files; ' +
        `${files === null ? 'null' : typeof files} is none of these.`,
    );
  }
  return {
    name: 'the given files',
    restriction: '',
    open: async (file) => {
      const content: unknown = Object.hasOwn(files, file) ? files[file] : undefined;
      if (content === undefined) return null;
      if (content instanceof Uint8Array) return memoryFile(file, content);
      if (content instanceof Blob) return blobFile(file, content);
      throw new VerdictError(
        'invalid_argument',
        `The file "${file}" is no Uint8Array and no Blob.`,
      );
    },
  };
}
