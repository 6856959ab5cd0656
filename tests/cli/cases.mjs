// One case: `args`, `stdin`, the exit code (0 unless given), what standard output holds (`stdout` all
// of it, `lines` by line, or `out` parts) and standard error (`err` parts; nothing unless given), and
// `tensors`: the file that `run` wrote with what its tensors must equal.
import { join } from 'node:path';
import {
  bert,
  broken,
  bundled,
  headless,
  plainInputs,
  scratch,
  tiny,
  unknownType,
  wordsOnly,
} from './models.mjs';

const good = 'I love this film.';
const bad = 'The food was cold and the waiter was rude.';
const output = (name) => join(scratch, `${name}.safetensors`);
const inputs = join(bert, 'inputs.safetensors');
const expected = join(bert, 'expected.safetensors');

export const cases = [
  // The program itself.
  { name: 'no command', args: [], code: 2, err: ['command is missing', '--help'] },
  {
    name: 'help',
    args: ['--help'],
    out: ['classify', 'run', 'tokenize', 'inspect', 'Exit codes: 0', '1', '2'],
  },
  { name: 'version', args: ['--version'], stdout: /^verdict \d+\.\d+\.\d+\n$/ },
  { name: 'unknown command', args: ['translate'], code: 2, err: ['translate', 'classify'] },
  {
    name: 'unknown option',
    args: ['classify', tiny, '--topk', '1', 'a'],
    code: 2,
    err: ['--topk', '--help'],
  },
  {
    name: 'option without value',
    args: ['classify', tiny, '--top-k'],
    code: 2,
    err: ['--top-k', 'value'],
  },
  {
    name: 'option twice',
    args: ['classify', tiny, '--json', '--json'],
    code: 2,
    err: ['--json', 'twice'],
  },
  {
    name: 'value of a flag',
    args: ['classify', tiny, '--json=1'],
    code: 2,
    err: ['--json', 'no value'],
  },
  { name: 'no model', args: ['classify'], code: 2, err: ['MODEL'] },
  {
    name: 'no such folder',
    args: ['classify', '/no/such/folder', 'a'],
    code: 1,
    err: ['/no/such/folder'],
  },
  { name: 'unknown model type', args: ['inspect', unknownType], code: 1, err: ['mystery', 'bert'] },
  ...['classify', 'run', 'tokenize', 'inspect'].map((command) => ({
    name: `help of ${command}`,
    args: [command, 'whatever', '--help'],
    out: [`Usage: verdict ${command}`, 'Options:', '--help', 'Exit code'],
  })),
  {
    name: 'help of classify names every option',
    args: ['classify', '--help'],
    out: '--from-tf --from-flax --config --pairs --top-k --function-to-apply --batch-size --batch-tokens --max-length --threads --dtype --allow-new-head --json'.split(
      ' ',
    ),
  },
  {
    name: 'help of run names every option',
    args: ['run', '--help'],
    out: '--from-tf --from-flax --config --inputs --case --outputs --hidden-states --attentions --labels --dtype --threads --problem-type'.split(
      ' ',
    ),
  },

  // classify
  {
    name: 'texts as arguments',
    args: ['classify', bundled, good, bad],
    lines: [/^positive\t0\.\d{4}\tI love this film\.$/, /^negative\t0\.\d{4}\tThe food/],
  },
  {
    name: 'texts by line',
    args: ['classify', bundled],
    stdin: `${good}\r\n${bad}\n`,
    lines: [/^positive\t/, /^negative\t.*rude\.$/],
  },
  {
    name: 'JSON lines',
    args: ['classify', bundled],
    stdin: `${JSON.stringify(good)}\n{"text": ${JSON.stringify(bad)}}`,
    lines: [/^positive\t/, /^negative\t/],
  },
  ...['f32', 'q8'].map((dtype) => ({
    name: `NaN reaches the scores and is reported once, ${dtype}`,
    args: ['classify', broken, '--dtype', dtype, 'a b', 'a x', 'x'],
    lines: [/^LABEL_\d\t0\.\d{4}\ta b$/, /^LABEL_0\tnan\ta x$/, /^LABEL_0\tnan\tx$/],
    err: ['These parameters hold NaN', 'The model gives NaN or infinity'],
  })),
  { name: 'nothing to do', args: ['classify', bundled], stdout: '' },
  { name: 'an empty text', args: ['classify', tiny, ''], lines: [/^LABEL_\d\t0\.\d{4}\t$/] },
  {
    name: 'all labels as JSON',
    args: ['classify', bundled, '--json', '--top-k=0', good],
    json: ([labels]) =>
      labels.length === 3 && labels[0].label === 'positive' && labels[0].score > labels[1].score,
  },
  {
    name: 'two labels',
    args: ['classify', bundled, '--top-k', '2', good],
    lines: [/^positive\t0\.\d+\t\w+\t0\.\d+\tI love/],
  },
  {
    name: 'sums of softmax',
    args: ['classify', tiny, '--json', '--top-k', '0', '--function-to-apply', 'softmax', 'a b'],
    json: ([labels]) => Math.abs(labels.reduce((sum, { score }) => sum + score, 0) - 1) < 1e-5,
  },
  {
    name: 'logits without a function',
    args: ['classify', tiny, '--json', '--top-k', '0', '--function-to-apply', 'none', 'a b'],
    json: ([labels]) => Math.abs(labels.reduce((sum, { score }) => sum + score, 0) - 1) > 1e-3,
  },
  {
    name: 'unknown function',
    args: ['classify', tiny, '--function-to-apply', 'relu', 'a'],
    code: 2,
    err: ['relu', 'softmax'],
  },
  {
    name: 'unknown dtype',
    args: ['classify', tiny, '--dtype', 'int4', 'a'],
    code: 2,
    err: ['int4', 'q8'],
  },
  { name: 'int8', args: ['classify', bundled, '--dtype', 'q8', good], lines: [/^positive\t/] },
  {
    name: 'no batch',
    args: ['classify', tiny, '--batch-size', '0', 'a'],
    code: 2,
    err: ['--batch-size', '0'],
  },
  {
    name: 'no tokens in a batch',
    args: ['classify', tiny, '--batch-tokens', '0', 'a'],
    code: 2,
    err: ['--batch-tokens', '0'],
  },
  {
    name: 'a number that is none',
    args: ['classify', tiny, '--top-k', '1x', 'a'],
    code: 2,
    err: ['--top-k', '1x'],
  },
  {
    name: 'a number that is too large',
    args: ['classify', tiny, '--threads', '4294967297', 'a'],
    code: 2,
    err: ['--threads', '4294967297'],
  },
  { name: 'one thread', args: ['classify', tiny, '--threads', '1', 'a'], lines: [/^LABEL_/] },
  {
    name: 'pairs as arguments',
    args: ['classify', tiny, '--pairs', 'a', 'b'],
    lines: [/^LABEL_\d\t[^\t]+\ta\tb$/],
  },
  {
    name: 'half a pair',
    args: ['classify', tiny, '--pairs', 'a'],
    code: 2,
    err: ['--pairs', 'even'],
  },
  {
    name: 'pairs by line',
    args: ['classify', tiny, '--pairs'],
    stdin: 'a\tb\n{"text":"a","text_pair":"b"}\n',
    lines: [/^LABEL_\d\t[^\t]+\ta\tb$/, /\ta\tb$/],
  },
  {
    name: 'a single text among pairs',
    args: ['classify', tiny, '--pairs'],
    stdin: 'a\nb\tc\n',
    code: 1,
    lines: [/^error\t.*pair/, /^LABEL_.*\tb\tc$/],
  },
  {
    name: 'a pair among single texts',
    args: ['classify', tiny, '--json'],
    stdin: '{"text":"a","text_pair":"b"}\na\n',
    code: 1,
    json: ([first, second]) => first.error.includes('--pairs') && second[0].label,
  },
  {
    name: 'a line that fails takes no other with it',
    args: ['classify', tiny],
    stdin: `a\n${'a '.repeat(70)}\nb\n`,
    code: 1,
    lines: [/^LABEL_/, /^error\tIt has 72 tokens.*64.*--max-length/, /^LABEL_/],
  },
  {
    name: 'cut at the maximum',
    args: ['classify', tiny, '--max-length', '64'],
    stdin: 'a '.repeat(70),
    lines: [/^LABEL_/],
  },
  {
    name: 'a maximum that the model does not have',
    args: ['classify', tiny, '--max-length', '65', 'a'],
    code: 1,
    err: ['max_length is 65', '64'],
  },
  {
    name: 'invalid UTF-8',
    args: ['classify', tiny],
    stdin: Buffer.from('ab\xff\nc\n', 'latin1'),
    // U+FFFD in its place.
    lines: [/^LABEL_.*\tab/, /^LABEL_/],
  },
  { name: 'no tokenizer', args: ['classify', bert, 'a'], code: 1, err: [bert, 'tokenizer'] },
  {
    name: 'a head that is not trained',
    args: ['classify', headless, 'a'],
    code: 1,
    err: ['classifier.weight', '--allow-new-head'],
  },
  {
    name: 'a head that is not trained, allowed',
    args: ['classify', headless, '--allow-new-head', 'a'],
    lines: [/^LABEL_/],
    err: ['classifier.weight'],
  },
  {
    name: 'texts that look like options',
    args: ['classify', tiny, '--', '--json'],
    lines: [/\t--json$/],
  },

  // run
  {
    name: 'a case of the reference',
    args: [
      'run',
      bert,
      '--inputs',
      inputs,
      '--case',
      'main',
      '--outputs',
      output('main'),
      '--hidden-states',
      '--attentions',
    ],
    stdout: '',
    tensors: {
      file: output('main'),
      expected,
      names: ['main.logits', 'main.hidden_states.0', 'main.hidden_states.2', 'main.attentions.1'],
      mask: [inputs, 'main.attention_mask'],
      count: 6,
    },
  },
  ...['single_label_classification', 'multi_label_classification', 'regression'].map((type) => ({
    name: `loss: ${type}`,
    args: [
      'run',
      bert,
      '--inputs',
      inputs,
      '--case',
      'main',
      '--outputs',
      output(type),
      '--labels',
      `labels.${type}`,
      '--problem-type',
      type,
    ],
    tensors: {
      file: output(type),
      expected,
      names: ['main.logits', ['loss', `loss.${type}`]],
      count: 2,
    },
  })),
  {
    name: 'inputs without a case',
    args: ['run', bert, '--inputs', plainInputs, '--outputs', output('plain')],
    tensors: { file: output('plain'), expected, names: [['logits', 'single.logits']], count: 1 },
  },
  {
    name: 'int8 inputs',
    args: [
      'run',
      bert,
      '--inputs',
      plainInputs,
      '--outputs',
      output('q8'),
      '--dtype=q8',
      '--threads=1',
    ],
    tensors: { file: output('q8'), expected, names: [], count: 1 },
  },
  {
    name: 'an argument that the model does not take',
    args: ['run', bert, '--inputs', plainInputs, '--case', 'strange', '--outputs', output('never')],
    code: 1,
    err: ['pixel_values', 'token_type_ids'],
    absent: output('never'),
  },
  {
    name: 'no such case',
    args: ['run', bert, '--inputs', inputs, '--case', 'third', '--outputs', output('never')],
    code: 1,
    err: ['third.input_ids'],
  },
  {
    name: 'no such labels',
    args: [
      'run',
      bert,
      '--inputs',
      inputs,
      '--case',
      'main',
      '--labels',
      'x',
      '--outputs',
      output('never'),
    ],
    code: 1,
    err: ['"x"'],
  },
  {
    name: 'labels of another shape',
    args: [
      'run',
      bert,
      '--inputs',
      inputs,
      '--case',
      'single',
      '--labels',
      'labels.regression',
      '--outputs',
      output('never'),
    ],
    code: 1,
    err: ['[3, 3]'],
  },
  {
    name: 'unknown problem type',
    args: [
      'run',
      bert,
      '--inputs',
      inputs,
      '--case',
      'main',
      '--problem-type',
      'guess',
      '--outputs',
      output('never'),
    ],
    code: 2,
    err: ['guess', 'regression'],
  },
  {
    name: 'no inputs',
    args: ['run', bert, '--outputs', output('never')],
    code: 2,
    err: ['--inputs'],
  },
  {
    name: 'inputs that are no safetensors',
    args: ['run', bert, '--inputs', join(bert, 'config.json'), '--outputs', output('never')],
    code: 1,
    err: ['config.json'],
  },
  {
    name: 'outputs that cannot be written',
    args: ['run', bert, '--inputs', plainInputs, '--outputs', '/no/such/folder/x'],
    code: 1,
    err: ['/no/such/folder/x'],
  },
  {
    name: 'outputs to a device',
    args: ['run', bert, '--inputs', plainInputs, '--outputs', '/dev/null'],
    code: 1,
    err: ['/dev/null', 'regular'],
  },
  {
    name: 'a fresh head',
    args: ['run', headless, '--inputs', plainInputs, '--outputs', output('fresh')],
    err: ['classifier.weight'],
    tensors: { file: output('fresh'), expected, names: [], count: 1 },
  },
  {
    name: 'too many models',
    args: ['run', bert, bert, '--inputs', inputs, '--outputs', output('never')],
    code: 2,
    err: ['One MODEL'],
  },

  // tokenize
  {
    name: 'a string and a pair',
    args: ['tokenize', wordsOnly],
    stdin: '"ab c"\n{"text":"a","text_pair":"b"}\n',
    json: ([first, second]) =>
      first.ids.join() === '2,5,32,7,3' &&
      second.ids.join() === '2,5,3,6,3' &&
      second.type_ids.join() === '0,0,0,1,1',
  },
  {
    name: 'without special tokens',
    args: ['tokenize', wordsOnly, '--no-special'],
    stdin: '"ab c"\n',
    json: ([{ ids }]) => ids.join() === '5,32,7',
  },
  {
    name: 'a line for every line',
    args: ['tokenize', wordsOnly],
    stdin: 'plain\n\n"\\ud800"\n{"text":1}\n[1]\n"a"\n',
    code: 1,
    json: (rows) =>
      rows.length === 6 && rows.slice(0, 5).every(({ error }) => error) && rows[5].ids.length === 3,
  },
  {
    name: 'bytes that are no text',
    args: ['tokenize', wordsOnly],
    stdin: Buffer.from('"\xff"\n', 'latin1'),
    code: 1,
    json: ([{ error }]) => error.includes('UTF-8'),
  },
  {
    name: 'a folder without a tokenizer',
    args: ['tokenize', bert],
    code: 1,
    err: [bert, 'tokenizer.json'],
  },

  // inspect
  {
    name: 'inspect',
    args: ['inspect', bundled],
    out: [
      'bert',
      'BertForSequenceClassification',
      'num_hidden_layers',
      '22',
      'positive',
      'F16',
      '512 tokens',
      'q8',
      'kernels',
      'xnnpack',
    ],
  },
  {
    name: 'inspect as JSON',
    args: ['inspect', bundled, '--json'],
    json: (_, all) =>
      all.model_type === 'bert' &&
      all.sizes.num_hidden_layers === 6 &&
      all.labels.length === 3 &&
      all.parameters > 22e6 &&
      all.packed_bytes.q8 <= 0.27 * all.packed_bytes.f32 &&
      all.stored_bytes.F16 > 44e6 &&
      all.max_length === 512 &&
      all.kernels.startsWith('xnnpack'),
  },
];
