import { VerdictError } from '../errors.js';
import type { ProgressCallback } from '../types.js';
import type { ByteFile } from './byte_file.js';
import type { FileCache } from './cache.js';

/** A running SHA-256. */
export interface Hasher {
  update(chunk: Uint8Array): void;
  /** Lower-case hexadecimal. */
  digest(): string;
}

export interface DownloadOptions {
  /** Of the model and of the file, for events and messages. */
  name: string;
  file: string;
  token: string | undefined;
  progress: ProgressCallback | undefined;
  createHasher: () => Hasher;
}

const SHA256 = /^[0-9a-f]{64}$/;

/** The plain value of an entity tag. */
function tagValue(header: string | null): string {
  return (header ?? '').replace(/^W\//, '').replaceAll('"', '');
}

async function request(url: string, headers: Record<string, string>): Promise<Response> {
  try {
    return await fetch(url, { headers });
  } catch (cause) {
    throw new VerdictError('network', `"${url}" cannot be reached: ${String(cause)}.`, { cause });
  }
}

/**
 * Fetches a file into the cache, from where an earlier try stopped. Null when the server has no such
 * file. A file whose length or hash is wrong is thrown away.
 */
export async function download(
  url: string,
  cache: FileCache,
  options: DownloadOptions,
): Promise<ByteFile | null> {
  const { name, file, progress } = options;
  const authorization = options.token ? { Authorization: `Bearer ${options.token}` } : undefined;
  const partial = await cache.partial(url);
  const resumes = partial !== null && partial.loaded > 0 && partial.etag !== '';
  const range = resumes
    ? { Range: `bytes=${partial.loaded}-`, 'If-Range': `"${partial.etag}"` }
    : undefined;
  let response = await request(url, { ...authorization, ...range });
  if (response.status === 416) response = await request(url, { ...authorization });
  if (response.status === 404) return null;
  if (response.status === 401 || response.status === 403) {
    throw new VerdictError(
      'network',
      `"${url}" needs permission (status ${response.status}). Pass a token that may read it.`,
    );
  }
  if (!response.ok || !response.body) {
    throw new VerdictError(
      'network',
      `"${url}" answered with status ${response.status}. Try again later.`,
    );
  }
  const type = response.headers.get('content-type') ?? '';
  if (type.includes('text/html') && !file.endsWith('.html')) {
    throw new VerdictError(
      'network',
      `"${url}" answered with a web page instead of the file. Check the name and the address.`,
    );
  }

  const continues = response.status === 206;
  const offset = continues && partial ? partial.loaded : 0;
  const etag = tagValue(response.headers.get('x-linked-etag') ?? response.headers.get('etag'));
  const encoded = response.headers.get('content-encoding') !== null;
  const length = encoded ? null : response.headers.get('content-length');
  const linkedSize = response.headers.get('x-linked-size');
  const total = linkedSize
    ? Number(linkedSize)
    : length !== null
      ? offset + Number(length)
      : undefined;

  const hasher = SHA256.test(etag) ? options.createHasher() : undefined;
  if (hasher && offset > 0) {
    for await (const chunk of cache.readPartial(url)) hasher.update(chunk);
  }
  progress?.({ status: 'download', name, file });
  const writer = await cache.write(url, offset, etag);
  let loaded = offset;
  try {
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      await writer.write(value);
      hasher?.update(value);
      loaded += value.length;
      const percent = total ? (100 * loaded) / total : 0;
      progress?.({ status: 'progress', name, file, progress: percent, loaded, total: total ?? 0 });
    }
  } catch (cause) {
    await writer.suspend();
    if (cause instanceof VerdictError) throw cause;
    throw new VerdictError(
      'network',
      `The download of "${url}" broke off after ${loaded} bytes. Try again; it resumes there.`,
      { cause },
    );
  }
  if (total !== undefined && loaded < total) {
    await writer.suspend();
    throw new VerdictError(
      'network',
      `"${url}" closed after ${loaded} of ${total} bytes. Try again; the download resumes there.`,
    );
  }
  if (total !== undefined && loaded > total) {
    await writer.abort();
    throw new VerdictError('network', `"${url}" sent ${loaded} bytes instead of ${total}.`);
  }
  if (hasher && hasher.digest() !== etag) {
    await writer.abort();
    throw new VerdictError('corrupt_file', `"${url}" arrived damaged: its SHA-256 is not ${etag}.`);
  }
  progress?.({ status: 'done', name, file });
  return writer.commit();
}
