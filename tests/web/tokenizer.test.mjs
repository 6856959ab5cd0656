import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { AutoTokenizer, env } from '../../web/dist/index.js';
import { bundled, error, readFiles } from './support/testing.mjs';

env.wasm.threads = 1;
let tokenizer;
before(async () => {
  tokenizer = await AutoTokenizer.from_pretrained(bundled);
});
after(() => tokenizer.dispose());

test('a tokenizer is called like a function', async () => {
  const batch = await tokenizer(['I love it.', 'Bad.'], { padding: true });
  assert.deepEqual(Object.keys(batch), ['input_ids', 'attention_mask', 'token_type_ids']);
  assert.deepEqual(batch.input_ids.dims, [2, 6]);
  assert.deepEqual(batch.input_ids.tolist()[0], [101n, 1045n, 2293n, 2009n, 1012n, 102n]);
  assert.deepEqual(batch.attention_mask.tolist()[1], [1n, 1n, 1n, 1n, 0n, 0n]);
  assert.deepEqual((await tokenizer('I love it.')).input_ids.dims, [1, 6]);
  assert.equal(tokenizer.model_max_length, 512);
  assert.equal(tokenizer.vocab_size, 30522);
  assert.equal(tokenizer.pad_token, '[PAD]');
});

test('offsets count units of strings, or code points', async () => {
  const text = 'é😀 x𝔘 yes';
  const slices = async (options, characters) => {
    const [row] = await tokenizer.encode_batch(text, { return_offsets_mapping: true, ...options });
    const [, ...ranges] = Array.from({ length: row.input_ids.length }, (_, i) =>
      row.offset_mapping.slice(2 * i, 2 * i + 2),
    );
    return ranges.slice(0, -1).map(([first, last]) => characters.slice(first, last).join(''));
  };
  const units = await slices({}, text.split(''));
  assert.equal(units.at(-1), 'yes');
  assert.ok(units.some((word) => word.includes('𝔘')));
  assert.deepEqual(await slices({ offset_unit: 'utf-16' }, text.split('')), units);
  assert.deepEqual(await slices({ offset_unit: 'code point' }, [...text]), units);
  await assert.rejects(tokenizer(text, { offset_unit: 'byte' }), error('invalid_argument', 'byte'));
});

test('texts of one batch do not touch', async () => {
  const texts = ['good', 'bad \u{1f600}', 'a\0b', '', '\u{1f600} fine é'];
  const rows = await tokenizer.encode_batch(texts, { return_offsets_mapping: true });
  assert.equal(rows.length, texts.length);
  for (const [i, text] of texts.entries()) {
    const [alone] = await tokenizer.encode_batch(text, { return_offsets_mapping: true });
    assert.deepEqual(rows[i], alone);
  }
  assert.deepEqual([...rows[3].input_ids], [101, 102]);
});

test('a batch has the arguments that the models of the tokenizer take', async () => {
  const files = await readFiles(bundled, ['tokenizer.json']);
  const load = (config) =>
    AutoTokenizer.from_pretrained({
      ...files,
      'tokenizer_config.json': new TextEncoder().encode(JSON.stringify(config)),
    });
  for (const config of [
    { tokenizer_class: 'DistilBertTokenizerFast' },
    { tokenizer_class: 'BertTokenizer', model_input_names: ['input_ids', 'attention_mask'] },
  ]) {
    const other = await load(config);
    assert.deepEqual(Object.keys(await other('A text')), ['input_ids', 'attention_mask']);
    await other.dispose();
  }
  await assert.rejects(load({ model_input_names: 7 }), error('corrupt_file', 'model_input_names'));
});

test('pairs', async () => {
  const { token_type_ids, input_ids } = await tokenizer(['A man', 'He'], {
    text_pair: ['walks', 'sits'],
    padding: 'longest',
  });
  assert.deepEqual(token_type_ids.tolist()[0], [0n, 0n, 0n, 0n, 1n, 1n]);
  assert.equal(input_ids.tolist()[1][5], 0n);
  const [{ input_ids: both }] = await tokenizer.encode_batch('A man', { text_pair: 'walks' });
  assert.deepEqual(await tokenizer.encode('A man', { text_pair: 'walks' }), [...both]);
  await assert.rejects(
    tokenizer('a', { text_pair: ['b', 'c'] }),
    error('invalid_argument', '1 texts but 2'),
  );
  await assert.rejects(tokenizer('a', { text_pair: 5 }), error('invalid_argument', 'text_pair'));
  await assert.rejects(tokenizer(['a'], { text_pair: [null] }), error('invalid_argument', 'null'));
});

test('padding and truncation', async () => {
  const text = 'one two three four five six';
  assert.equal((await tokenizer.encode(text)).length, 8);
  const cut = { truncation: true, max_length: 5 };
  assert.deepEqual(await tokenizer.encode(text, cut), [101, 2028, 2048, 2093, 102]);
  const fixed = await tokenizer('one', { padding: 'max_length', max_length: 6 });
  assert.deepEqual(fixed.input_ids.dims, [1, 6]);
  const multiple = await tokenizer(text, { padding: true, pad_to_multiple_of: 16 });
  assert.deepEqual(multiple.input_ids.dims, [1, 16]);
  const whole = await tokenizer.encode('word '.repeat(600), { truncation: 'longest_first' });
  assert.equal(whole.length, 512);
  await assert.rejects(tokenizer(['a', 'b c']), error('invalid_argument', 'padding'));
  await assert.rejects(tokenizer('a', { padding: 'x' }), error('invalid_argument', 'max_length'));
  await assert.rejects(
    tokenizer('a', { truncation: 'x' }),
    error('invalid_argument', 'only_first'),
  );
  await assert.rejects(tokenizer('a', { max_length: 0 }), error('invalid_argument', 'max_length'));
  await assert.rejects(tokenizer('a', { maxlength: 9 }), error('invalid_argument', 'maxlength'));
});

test('offsets, decoding and tokens', async () => {
  const [row] = await tokenizer.encode_batch('Héllo', { return_offsets_mapping: true });
  assert.deepEqual([...row.offset_mapping], [0, 0, 0, 5, 0, 0]);
  assert.deepEqual([...row.special_tokens_mask], [1, 0, 1]);
  const [astral, ascii] = await tokenizer.encode_batch(['😀 a\0b', 'c'], {
    text_pair: ['é', '𝔘𝔘'],
    return_offsets_mapping: true,
  });
  assert.deepEqual([...astral.word_ids], [-1, 0, 1, -1, 0, -1]);
  assert.deepEqual([...astral.offset_mapping].slice(2, 6), [0, 2, 3, 6]);
  assert.deepEqual([...ascii.offset_mapping].slice(6, 8), [0, 4]);
  assert.equal(ascii.token_type_ids.length, 5);
  assert.equal(await tokenizer.decode(row.input_ids, { skip_special_tokens: true }), 'hello');
  assert.deepEqual(await tokenizer.convert_ids_to_tokens([101]), ['[CLS]']);
  assert.deepEqual(await tokenizer.encode('Hello', { add_special_tokens: false }), [7592]);
  await assert.rejects(tokenizer.decode('7592'), error('invalid_argument', 'list'));
  await assert.rejects(tokenizer.decode([1.5]), error('invalid_argument', '1.5'));
});

test('windows of truncated texts are rows when they are asked for', async () => {
  const texts = ['one', 'one two three four five six'];
  const cut = { truncation: true, max_length: 5, stride: 1, return_offsets_mapping: true };
  const only = await tokenizer.encode_batch(texts, cut);
  assert.deepEqual(
    only.map((row) => [...row.input_ids].length),
    [3, 5],
  );
  assert.equal(only[0].overflow_to_sample_mapping, undefined);
  const rows = await tokenizer.encode_batch(texts, { ...cut, return_overflowing_tokens: true });
  assert.ok(rows.length > 2);
  assert.deepEqual(rows.map((row) => row.overflow_to_sample_mapping).slice(0, 3), [0, 1, 1]);
  assert.equal(rows[2].input_ids[1], rows[1].input_ids[3]);
  const [first, last] = rows[2].offset_mapping.slice(2, 4);
  assert.equal(texts[1].slice(first, last), 'three');
  const batch = await tokenizer(texts, {
    truncation: true,
    max_length: 5,
    padding: true,
    return_overflowing_tokens: true,
  });
  assert.equal(batch.overflow_to_sample_mapping.length, batch.input_ids.dims[0]);
  await assert.rejects(tokenizer('a b c d e', { ...cut, stride: 9 }), error('invalid_argument'));
  await assert.rejects(tokenizer('a', { stride: -1 }), error('invalid_argument', 'stride'));
});

test('special tokens, and tokens to ids and back', async () => {
  assert.equal(tokenizer.cls_token, '[CLS]');
  assert.equal(tokenizer.sep_token_id, 102);
  assert.equal(tokenizer.pad_token_id, 0);
  assert.equal(tokenizer.unk_token, '[UNK]');
  assert.equal(tokenizer.eos_token, null);
  assert.equal(tokenizer.eos_token_id, null);
  assert.deepEqual(tokenizer.all_special_tokens, ['[UNK]', '[SEP]', '[PAD]', '[CLS]', '[MASK]']);
  assert.equal(await tokenizer.convert_tokens_to_ids('hello'), 7592);
  assert.deepEqual(await tokenizer.convert_tokens_to_ids(['no such token', '[SEP]']), [100, 102]);
  assert.deepEqual(await tokenizer.batch_decode([[101, 7592], Int32Array.of()]), [
    '[CLS] hello',
    '',
  ]);
  const skip = { skip_special_tokens: true };
  assert.deepEqual(await tokenizer.batch_decode([[101, 7592]], skip), ['hello']);
  await assert.rejects(tokenizer.batch_decode('x'), error('invalid_argument', 'list'));
  await assert.rejects(tokenizer.convert_tokens_to_ids([5]), error('invalid_argument', 'Token 1'));
});

test('a saved tokenizer is the same', async () => {
  const files = await tokenizer.save_pretrained();
  assert.deepEqual(Object.keys(files).sort(), ['tokenizer.json', 'tokenizer_config.json']);
  const folder = await mkdtemp(join(tmpdir(), 'verdict-'));
  await tokenizer.save_pretrained(folder);
  for (const source of [files, folder]) {
    const again = await AutoTokenizer.from_pretrained(source);
    const text = 'Some text, 😀 déjà vu';
    assert.deepEqual(await again.encode(text), await tokenizer.encode(text));
    for (const property of ['tokenizer_class', 'model_max_length', 'cls_token', 'padding_side']) {
      assert.deepEqual(again[property], tokenizer[property]);
    }
    await again.dispose();
  }
  await rm(folder, { recursive: true });
});

test('texts that are none', async () => {
  assert.equal((await tokenizer('')).input_ids.dims[1], 2);
  assert.deepEqual(await tokenizer.encode_batch([]), []);
  await assert.rejects(tokenizer(), error('invalid_argument', 'Text 1', 'undefined'));
  await assert.rejects(tokenizer(['a', 5]), error('invalid_argument', 'Text 2', '5'));
  await assert.rejects(tokenizer('\udc00x'), error('invalid_argument', 'index 0', 'toWellFormed'));
});

test('tokenizers load from vocab.txt alone', async () => {
  const files = await readFiles(bundled, ['vocab.txt', 'tokenizer_config.json']);
  const legacy = await AutoTokenizer.from_pretrained(files);
  assert.deepEqual(await legacy.encode('Hello there'), [101, 7592, 2045, 102]);
  await legacy.dispose();
  await assert.rejects(legacy.encode('a'), error('invalid_argument', 'tokenizer', 'disposed'));
  await assert.rejects(AutoTokenizer.from_pretrained({}), error('not_found', 'tokenizer.json'));
  assert.throws(() => new AutoTokenizer(), error('invalid_argument', 'from_pretrained'));
  await assert.rejects(
    AutoTokenizer.from_pretrained(bundled, { use_fast: true }),
    error('invalid_argument', 'use_fast', 'revision'),
  );
});
