// Node: `from_tf` and `from_flax` by the native program verdict-convert, whose result is kept.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { VerdictError, type VerdictErrorCode } from '../errors.js';

/** A checkpoint of another framework, on disk. */
export interface ForeignCheckpoint {
  /** A folder, or a file of weights. */
  path: string;
  option: 'from_tf' | 'from_flax';
  /** JSON text in the place of the folder's config.json; null: the folder's. */
  config: string | null;
  num_labels: number | undefined;
}

interface Framework {
  name: string;
  /** In a folder, in the reference's order of preference. */
  files: readonly string[];
  /** What verdict-convert reports of them. */
  kinds: readonly string[];
}

const SAFETENSORS = ['model.safetensors', 'model.safetensors.index.json'];

const FRAMEWORKS: Record<ForeignCheckpoint['option'], Framework> = {
  from_tf: {
    name: 'TensorFlow',
    // Safetensors that TensorFlow's classes wrote say so inside.
    files: ['model.ckpt.index', 'tf_model.h5', 'tf_model.h5.index.json', ...SAFETENSORS],
    kinds: ['tensorflow1', 'tensorflow2', 'keras', 'tensorflow-safetensors', 'numpy'],
  },
  from_flax: {
    name: 'Flax',
    files: ['flax_model.msgpack', 'flax_model.msgpack.index.json'],
    kinds: ['flax'],
  },
};

interface Report {
  kind?: string;
  error?: { code: VerdictErrorCode; message: string };
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (status) => status.isFile(),
    () => false,
  );
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (status) => status.isDirectory(),
    () => false,
  );
}

/** The file of weights, as the reference finds it. */
async function findWeights({ path, option }: ForeignCheckpoint): Promise<string> {
  const { name, files } = FRAMEWORKS[option];
  if (await isFolder(path)) {
    for (const file of files) {
      if (await isFile(join(path, file))) return join(path, file);
    }
    throw new VerdictError(
      'not_found',
      `"${path}" has no weights of ${name}: expected one of ${files.join(', ')}.`,
    );
  }
  // TensorFlow names a checkpoint by the prefix of its files.
  for (const file of [path, `${path}.index`]) {
    if (await isFile(file)) return file;
  }
  throw new VerdictError(
    'not_found',
    `${option}: there is no folder or file "${path}". Names of a hub are not looked up; download ` +
      'the model first.',
  );
}

/** The files that a checkpoint is made of. */
async function filesOf(weights: string): Promise<string[]> {
  const folder = dirname(weights);
  const files = [weights];
  if (weights.endsWith('.index')) {
    const prefix = `${basename(weights).slice(0, -'.index'.length)}.data-`;
    const names = (await readdir(folder)).filter((name) => name.startsWith(prefix));
    files.push(...names.sort().map((name) => join(folder, name)));
  } else if (weights.endsWith('.index.json')) {
    try {
      const index = JSON.parse(await readFile(weights, 'utf8')) as { weight_map?: object };
      const shards = new Set(Object.values(index.weight_map ?? {}).map(String));
      files.push(...[...shards].sort().map((name) => join(folder, basename(name))));
    } catch {
      // verdict-convert says what is wrong with it.
    }
  }
  const config = join(folder, 'config.json');
  if (await isFile(config)) files.push(config);
  return files;
}

/** A hash of all that the result depends on. */
async function contentHash(files: readonly string[], settings: unknown): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(settings));
  for (const file of files) {
    if (!(await isFile(file))) continue;
    hash.update(`\n${basename(file)} ${(await stat(file)).size}\n`);
    for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) {
      hash.update(chunk as Uint8Array);
    }
  }
  return hash.digest('hex').slice(0, 40);
}

/** The program: VERDICT_CONVERT, or in the package's folder, or for the PATH to find. */
async function findProgram(): Promise<string> {
  const given = process.env['VERDICT_CONVERT'];
  if (given) return given;
  const root = fileURLToPath(new URL('../../../', import.meta.url));
  for (const place of ['bin', 'build/native/bin']) {
    const program = join(root, place, 'verdict-convert');
    if (await isFile(program)) return program;
  }
  return 'verdict-convert';
}

async function runProgram(args: readonly string[], option: string): Promise<string> {
  const program = await findProgram();
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const code = await new Promise((resolve, reject) => {
    child.on('close', resolve);
    child.on('error', (cause) => {
      const message =
        `${option} needs the native program verdict-convert, but "${program}" cannot be run: ` +
        `${cause.message}. Build it (npm run build), and name it in VERDICT_CONVERT or put it on the PATH.`;
      reject(new VerdictError('unsupported', message, { cause }));
    });
  });
  return code === 0 ? '' : said.trim() || `verdict-convert ended with ${String(code)}.`;
}

/**
 * The folder, below `cache`, with the checkpoint as safetensors; made when it is not there. It is
 * known by the content of the checkpoint's files.
 */
export async function convertCheckpoint(
  checkpoint: ForeignCheckpoint,
  cache: string,
): Promise<string> {
  const { option, config, num_labels } = checkpoint;
  const weights = await findWeights(checkpoint);
  const settings = { version: 1, option, config, num_labels };
  const hash = await contentHash(await filesOf(weights), settings);
  const output = join(cache, 'converted', hash);
  if (await isFile(join(output, 'config.json'))) return output;

  const scratch = `${output}.${process.pid}`;
  const reportFile = `${scratch}.report.json`;
  const configFile = `${scratch}.config.json`;
  try {
    await mkdir(dirname(output), { recursive: true });
    const args = [weights, output, '--report', reportFile];
    if (config !== null) {
      await writeFile(configFile, config);
      args.push('--config', configFile);
    }
    if (num_labels !== undefined) args.push('--num-labels', String(num_labels));
    const failure = await runProgram(args, option);
    const report = await readFile(reportFile, 'utf8').then(
      (text) => JSON.parse(text) as Report,
      (): Report => ({}),
    );
    if (failure) {
      // Another process may have been faster.
      if (await isFile(join(output, 'config.json'))) return output;
      const { code = 'internal', message = failure } = report.error ?? {};
      throw new VerdictError(code, message);
    }
    if (!FRAMEWORKS[option].kinds.includes(report.kind ?? '')) {
      await rm(output, { recursive: true, force: true });
      throw new VerdictError(
        'invalid_argument',
        `"${weights}" holds weights of the kind ${report.kind ?? '?'}, not of ` +
          `${FRAMEWORKS[option].name}. Leave ${option} out.`,
      );
    }
    return output;
  } catch (cause) {
    if (cause instanceof VerdictError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new VerdictError('io', `The cache's folder failed: ${reason}.`, { cause });
  } finally {
    await rm(reportFile, { force: true });
    await rm(configFile, { force: true });
  }
}
