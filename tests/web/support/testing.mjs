// What the Node tests share.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { AutoModelForSequenceClassification, VerdictError } from '../../../web/dist/index.js';
import { root } from './server.mjs';

export const bundled = join(root, 'models/verdict-sentiment-en');

/** A check for assert.rejects: code, and what the message must name. */
export const error =
  (code, ...parts) =>
  (thrown) => {
    assert.ok(thrown instanceof VerdictError, thrown.stack);
    assert.equal(thrown.code, code, thrown.stack);
    for (const part of parts) {
      assert.ok(thrown.message.includes(part), `${thrown.message} / ${part}`);
    }
    return true;
  };

/** An empty folder that is removed after the test. */
export async function temporaryFolder(t) {
  const folder = await mkdtemp(join(tmpdir(), 'verdict-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The files of a folder by name. */
export async function readFiles(folder, names) {
  const read = async (name) => [name, new Uint8Array(await readFile(join(folder, name)))];
  return Object.fromEntries(await Promise.all(names.map(read)));
}

/** The files of a very small model with the bundled model's tokenizer. */
export async function tinyModel(attributes = {}) {
  const model = await AutoModelForSequenceClassification.from_config(
    {
      model_type: 'bert',
      vocab_size: 30522,
      hidden_size: 8,
      num_hidden_layers: 1,
      num_attention_heads: 2,
      intermediate_size: 8,
      ...attributes,
    },
    { seed: 5 },
  );
  const files = await model.save_pretrained();
  await model.dispose();
  return {
    ...files,
    ...(await readFiles(bundled, ['tokenizer.json', 'tokenizer_config.json'])),
  };
}

/** Runs a program to its end. `input`: text, or chunks of it, for its standard input. */
export async function run(program, args, { input = '', ...options } = {}) {
  const child = spawn(program, args, options);
  const out = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) {
    child[name].setEncoding('utf8').on('data', (text) => (out[name] += text));
  }
  child.stdin.on('error', () => undefined);
  const ended = new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code, signal) => resolve(code ?? signal));
  });
  for await (const chunk of typeof input === 'string' ? [input] : input) {
    if (!child.stdin.write(chunk) && child.exitCode === null) {
      await Promise.race([new Promise((resolve) => child.stdin.once('drain', resolve)), ended]);
    }
  }
  child.stdin.end();
  return { code: await ended, ...out };
}

/**
 * Runs a script of JavaScript text that prints one JSON value. It is a file, because Node starts no
 * threads of a script that is given by --eval; './web' in its imports is the repository's.
 */
export async function evaluate(script, { node = process.execPath, flags = [], ...options } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'verdict-'));
  try {
    const file = join(folder, 'script.mjs');
    await writeFile(file, script.replaceAll("'./web/", `'${pathToFileURL(root).href}web/`));
    const { code, stdout, stderr } = await run(node, [...flags, file], options);
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The tensors of a safetensors file: name to {dtype, shape, bytes}. */
export function parseSafetensors(bytes) {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const size = Number(buffer.readBigUInt64LE(0));
  const { __metadata__: _, ...entries } = JSON.parse(buffer.toString('utf8', 8, 8 + size));
  return Object.fromEntries(
    Object.entries(entries).map(
      ([
        name,
        {
          dtype,
          shape,
          data_offsets: [begin, end],
        },
      ]) => [name, { dtype, shape, bytes: buffer.subarray(8 + size + begin, 8 + size + end) }],
    ),
  );
}

const ARRAYS = { F32: Float32Array, F64: Float64Array, I64: BigInt64Array };

/** The elements of such a tensor. */
export function elements({ dtype, bytes }) {
  return new ARRAYS[dtype](new Uint8Array(bytes).buffer);
}

/** A safetensors file of such tensors. */
export function makeSafetensors(tensors) {
  const header = {};
  let at = 0;
  for (const [name, { dtype, shape, bytes }] of Object.entries(tensors)) {
    header[name] = { dtype, shape, data_offsets: [at, (at += bytes.length)] };
  }
  const json = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(json.length));
  const data = Object.values(tensors).map(({ bytes }) => bytes);
  return new Uint8Array(Buffer.concat([size, json, ...data]));
}
