import type { EngineSettings } from '../env.js';
import { VerdictError } from '../errors.js';
import type { HubOptions, ModelSource, ProgressCallback } from '../types.js';
import { blobFile, memoryFile, type ByteFile, type FileSource } from './byte_file.js';
import type { FileCache } from './cache.js';
import { download, type Hasher } from './download.js';
import { MemoryCache } from './memory_cache.js';

export const isNode = typeof process !== 'undefined' && process.versions?.node !== undefined;

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
  private cache: Promise<FileCache> | undefined;

  /** The files of a model. Throws `invalid_argument` or `not_found` for a source that cannot be. */
  async open(
    source: ModelSource,
    options: HubOptions,
    context: SourceContext,
  ): Promise<FileSource> {
    if (typeof source !== 'string') return fileMap(source);
    const { settings } = context;
    const subfolder = options.subfolder ? `${options.subfolder.replace(/\/+$/, '')}/` : '';
    if (/^https?:\/\//.test(source)) {
      const base = `${source.replace(/\/+$/, '')}/${subfolder}`;
      return this.remote(source, (file) => base + file, options, context);
    }
    if (isNode) {
      const node = await import('./node_files.js');
      const path = source.startsWith('file://')
        ? decodeURIComponent(new URL(source).pathname)
        : source;
      if (await node.isFolder(path)) return node.folderFiles(path + (subfolder && `/${subfolder}`));
    }
    if (!/^[\w.-]+(\/[\w.-]+)?$/.test(source) || source.includes('..')) {
      throw new VerdictError(
        'not_found',
        `"${source}" is neither a folder, nor a URL, nor a model's name such as org/model.`,
      );
    }
    if (!settings.allowRemoteModels) {
      throw new VerdictError(
        'not_found',
        `There is no folder "${source}", and env.allowRemoteModels is false.`,
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
    return (await import('./node_files.js')).openPath(source);
  }

  private remote(
    name: string,
    url: (file: string) => string,
    options: HubOptions,
    context: SourceContext,
  ): FileSource {
    const progress = context.progress;
    return {
      name,
      open: async (file) => {
        const cache = await this.openCache(options, context);
        const address = url(file);
        progress?.({ status: 'initiate', name, file });
        const cached = await cache.open(address);
        if (cached) {
          progress?.({ status: 'done', name, file });
          return cached;
        }
        if (options.local_files_only) return null;
        return download(address, cache, {
          name,
          file,
          token: options.token,
          progress,
          createHasher: context.createHasher,
        });
      },
    };
  }

  private openCache(options: HubOptions, context: SourceContext): Promise<FileCache> {
    if (isNode && options.cache_dir) return this.createCache(options.cache_dir, context);
    this.cache ??= this.createCache(context.settings.cacheDir, context);
    return this.cache;
  }

  private async createCache(folder: string, { settings, warn }: SourceContext): Promise<FileCache> {
    if (!settings.useCache) return new MemoryCache();
    if (isNode) {
      const node = await import('./node_files.js');
      return new node.DiskCache(folder || node.defaultCacheDir());
    }
    if (typeof indexedDB === 'undefined') {
      warn('There is no IndexedDB here, so downloads are not kept.');
      return new MemoryCache();
    }
    try {
      const { IdbCache } = await import('./idb_cache.js');
      return await IdbCache.create();
    } catch (error) {
      warn(`Downloads are not kept: ${error instanceof Error ? error.message : String(error)}`);
      return new MemoryCache();
    }
  }
}

function fileMap(files: Exclude<ModelSource, string>): FileSource {
  return {
    name: 'the given files',
    open: async (file) => {
      const content = Object.hasOwn(files, file) ? files[file] : undefined;
      if (content === undefined) return null;
      if (content instanceof Uint8Array) return memoryFile(file, content);
      return blobFile(file, content);
    },
  };
}
