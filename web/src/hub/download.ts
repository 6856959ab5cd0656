import { VerdictError } from '../errors.js';
import type { ProgressCallback } from '../types.js';
import { isNode } from '../runtime/platform.js';
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
const MAX_REDIRECTS = 10;

interface Answer {
  response: Response;
  /** What the hub says of the file before it redirects to where the bytes are. */
  linkedEtag: string | null;
  linkedSize: string | null;
}

/** The plain value of an entity tag. */
function tagValue(header: string | null): string {
  return (header ?? '').replace(/^W\//, '').replaceAll('"', '');
}

/**
 * Asks for a file. Where redirects can be seen (not in browsers), they are followed here, because a
 * hub gives hash and size of a large file only in the redirecting answer.
 */
async function request(url: string, headers: Record<string, string>): Promise<Answer> {
  let linkedEtag: string | null = null;
  let linkedSize: string | null = null;
  let target = url;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; ++redirects) {
    let response: Response;
    try {
      response = await fetch(target, { headers, redirect: isNode ? 'manual' : 'follow' });
    } catch (cause) {
      const reason = cause instanceof Error && cause.cause ? cause.cause : cause;
      throw new VerdictError('network', `"${url}" cannot be reached: ${String(reason)}.`, {
        cause,
      });
    }
    linkedEtag ??= response.headers.get('x-linked-etag');
    linkedSize ??= response.headers.get('x-linked-size');
    const location = response.headers.get('location');
    const redirected = response.status >= 300 && response.status < 400 && location !== null;
    if (!redirected) return { response, linkedEtag, linkedSize };
    await response.body?.cancel();
    const next = new URL(location, target);
    // A token is for the server that it was given for.
    if (next.origin !== new URL(target).origin) delete headers['Authorization'];
    target = next.href;
  }
  throw new VerdictError('network', `"${url}" redirects more than ${MAX_REDIRECTS} times.`);
}

function checkStatus(response: Response, url: string, file: string): void {
  const { status } = response;
  if (status === 401 || status === 403) {
    throw new VerdictError(
      'network',
      `"${url}" needs permission (status ${status}). Pass a token that may read it.`,
    );
  }
  if (!response.ok || !response.body) {
    throw new VerdictError('network', `"${url}" answered with status ${status}. Try again later.`);
  }
  const type = response.headers.get('content-type') ?? '';
  if (type.includes('text/html') && !file.endsWith('.html')) throw webPage(url);
}

function webPage(url: string): VerdictError {
  return new VerdictError(
    'network',
    `"${url}" answered with a web page instead of the file. Check the name and the address.`,
  );
}

/** Whether the first bytes of a file are those of a web page. */
function isMarkup(bytes: Uint8Array): boolean {
  return /^\s*</.test(new TextDecoder().decode(bytes.subarray(0, 64)));
}

/** The size of the whole file; undefined when the answer does not say. */
function totalSize({ response, linkedSize }: Answer, offset: number): number | undefined {
  if (linkedSize !== null) return Number(linkedSize);
  const length = response.headers.get('content-length');
  const isEncoded = response.headers.get('content-encoding') !== null;
  return length === null || isEncoded ? undefined : offset + Number(length);
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
  const headers = options.token ? { Authorization: `Bearer ${options.token}` } : undefined;
  const partial = await cache.partial(url);
  // Only a strong entity tag promises that the rest belongs to the beginning.
  const resumes = partial !== null && partial.loaded > 0 && partial.etag.startsWith('"');
  const range = resumes && { Range: `bytes=${partial.loaded}-`, 'If-Range': partial.etag };
  const whole = (): Promise<Answer> => request(url, { ...headers });
  // A server may refuse these headers to pages of other origins, or hide from them which part it gives.
  let answer = range ? await request(url, { ...headers, ...range }).catch(whole) : await whole();
  const hidden = answer.response.status === 206 && !answer.response.headers.has('content-range');
  if (answer.response.status === 416 || hidden) {
    await answer.response.body?.cancel();
    answer = await whole();
  }
  const { response } = answer;
  if (response.status === 404) return null;
  checkStatus(response, url, file);

  const offset = response.status === 206 && resumes ? partial.loaded : 0;
  if (
    response.status === 206 &&
    !response.headers.get('content-range')?.startsWith(`bytes ${offset}-`)
  ) {
    throw new VerdictError('network', `"${url}" answered with another part than was asked for.`);
  }
  const etag = response.headers.get('etag') ?? '';
  const hash = tagValue(answer.linkedEtag ?? etag);
  const hasher = SHA256.test(hash) ? options.createHasher() : undefined;
  if (hasher && offset > 0) {
    for await (const chunk of cache.readPartial(url)) hasher.update(chunk);
  }
  const total = totalSize(answer, offset);
  progress?.({ status: 'download', name, file });
  const writer = await cache.write(url, offset, etag);
  let loaded = offset;
  try {
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (loaded === 0 && file.endsWith('.json') && isMarkup(value)) throw webPage(url);
      await writer.write(value);
      hasher?.update(value);
      loaded += value.length;
      const percent = total ? (100 * loaded) / total : 0;
      progress?.({ status: 'progress', name, file, progress: percent, loaded, total: total ?? 0 });
    }
  } catch (cause) {
    if (cause instanceof VerdictError) {
      await writer.abort();
      throw cause;
    }
    await writer.suspend();
    throw brokenOff(url, loaded, total, cause);
  }
  if (total !== undefined && loaded < total) {
    await writer.suspend();
    throw brokenOff(url, loaded, total);
  }
  if (total !== undefined && loaded > total) {
    await writer.abort();
    throw new VerdictError('network', `"${url}" sent ${loaded} bytes instead of ${total}.`);
  }
  if (hasher && hasher.digest() !== hash) {
    await writer.abort();
    throw new VerdictError('corrupt_file', `"${url}" arrived damaged: its SHA-256 is not ${hash}.`);
  }
  return writer.commit();
}

function brokenOff(
  url: string,
  loaded: number,
  total: number | undefined,
  cause?: unknown,
): VerdictError {
  return new VerdictError(
    'network',
    `The download of "${url}" broke off after ${loaded} of ${total ?? 'unknown'} bytes. ` +
      'Try again; it resumes there.',
    { cause },
  );
}
