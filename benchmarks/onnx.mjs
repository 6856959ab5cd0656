// Writes a BERT sequence classifier as ONNX: float32 as PyTorch's exporter draws it, or int8 as
// onnxruntime's `quantize_dynamic` makes it of that (one scale a matrix, activations quantised while
// running, embedding tables as uint8). The messages are those of onnx.proto3.
import { closeSync, openSync, writeSync } from 'node:fs';
import { transpose } from './checkpoints.mjs';
import { float, integer, message, string } from './protobuf.mjs';

const TYPES = { float: 1, uint8: 2, int8: 3, int64: 7 };
const IR_VERSION = 8;
const OPSET = 17;

/** The nodes and initializers of a graph under construction. */
class Graph {
  nodes = [];
  initializers = [];
  #next = 0;

  /** A constant; gives its name. */
  constant(name, dims, values) {
    const type = {
      Float32Array: 'float',
      Uint8Array: 'uint8',
      Int8Array: 'int8',
      BigInt64Array: 'int64',
    }[values.constructor.name];
    const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
    this.initializers.push(
      message(5, [
        ...dims.map((dim) => integer(1, dim)),
        integer(2, TYPES[type]),
        string(8, name),
        message(9, bytes),
      ]),
    );
    return name;
  }
  scalar(name, value) {
    return this.constant(name, [], Float32Array.of(value));
  }
  integers(name, values, dims = [values.length]) {
    return this.constant(name, dims, BigInt64Array.from(values.map(BigInt)));
  }

  /** Adds a node; gives the names of its `outputs`. Attributes are integers, lists or {float}. */
  node(type, inputs, attributes = {}, outputs = [`t${this.#next++}`]) {
    const attribute = ([name, value]) => {
      if (Array.isArray(value)) {
        return [string(1, name), ...value.map((item) => integer(8, item)), integer(20, 7)];
      }
      if (typeof value === 'object')
        return [string(1, name), float(2, value.float), integer(20, 1)];
      return [string(1, name), integer(3, value), integer(20, 2)];
    };
    this.nodes.push(
      message(1, [
        ...inputs.map((name) => string(1, name)),
        ...outputs.map((name) => string(2, name)),
        string(3, `${type}_${this.nodes.length}`),
        string(4, type),
        ...Object.entries(attributes).map((entry) => message(5, attribute(entry))),
      ]),
    );
    return outputs;
  }
  op(type, inputs, attributes, outputs) {
    return this.node(type, inputs, attributes, outputs)[0];
  }
}

/** Symmetric int8 with one scale. */
function quantize(values) {
  let largest = 0;
  for (let i = 0; i < values.length; ++i) largest = Math.max(largest, Math.abs(values[i]));
  const scale = largest / 127 || 1;
  const quantized = new Int8Array(values.length);
  for (let i = 0; i < values.length; ++i) quantized[i] = Math.round(values[i] / scale);
  return { scale, values: quantized };
}

/**
 * Writes `path`. `config` is the model's config.json, `get(name)` gives a parameter as the
 * checkpoint names it, float32 in row-major order.
 */
export function writeBertOnnx(path, config, get, { q8 }) {
  const H = config.hidden_size;
  const heads = config.num_attention_heads;
  const graph = new Graph();
  const op = graph.op.bind(graph);
  const vector = (name) => {
    const values = get(name);
    return graph.constant(name, [values.length], values);
  };
  const norm = (x, name) =>
    op('LayerNormalization', [x, vector(`${name}.weight`), vector(`${name}.bias`)], {
      axis: -1,
      epsilon: { float: config.layer_norm_eps },
    });

  const quantized = new Map();
  const linear = (x, name, inputs, outputs) => {
    const weight = transpose(get(`${name}.weight`), outputs, inputs);
    const dims = [inputs, outputs];
    let product;
    if (q8) {
      if (!quantized.has(x)) {
        const names = ['values', 'scale', 'zero_point'].map((part) => `${x}.${part}`);
        quantized.set(x, graph.node('DynamicQuantizeLinear', [x], {}, names));
      }
      const [values, scale, zeroPoint] = quantized.get(x);
      const w = quantize(weight);
      const sum = op('MatMulInteger', [
        values,
        graph.constant(`${name}.weight_quantized`, dims, w.values),
        zeroPoint,
        graph.constant(`${name}.weight_zero_point`, [], Int8Array.of(0)),
      ]);
      const scales = op('Mul', [scale, graph.scalar(`${name}.weight_scale`, w.scale)]);
      product = op('Mul', [op('Cast', [sum], { to: TYPES.float }), scales]);
    } else {
      product = op('MatMul', [x, graph.constant(`${name}.weight`, dims, weight)]);
    }
    return op('Add', [vector(`${name}.bias`), product]);
  };
  const embedding = (name, ids) => {
    const values = get(name);
    const dims = [values.length / H, H];
    if (!q8) return op('Gather', [graph.constant(name, dims, values), ids]);
    const { scale, values: signed } = quantize(values);
    const table = new Uint8Array(signed.length);
    for (let i = 0; i < table.length; ++i) table[i] = signed[i] + 128;
    return op('DequantizeLinear', [
      op('Gather', [graph.constant(`${name}_quantized`, dims, table), ids]),
      graph.scalar(`${name}_scale`, scale),
      graph.constant(`${name}_zero_point`, [], Uint8Array.of(128)),
    ]);
  };

  const length = op('Unsqueeze', [
    op('Gather', [op('Shape', ['input_ids']), graph.integers('one', [1], [])], { axis: 0 }),
    graph.integers('axis_0', [0]),
  ]);
  const numbers = Array.from({ length: config.max_position_embeddings }, (_, i) => i);
  const positions = op('Slice', [
    graph.integers('positions', numbers, [1, numbers.length]),
    graph.integers('start', [0]),
    length,
    graph.integers('axis_1', [1]),
    graph.integers('step', [1]),
  ]);
  const tables = 'bert.embeddings';
  const words = embedding(`${tables}.word_embeddings.weight`, 'input_ids');
  const types = embedding(`${tables}.token_type_embeddings.weight`, 'token_type_ids');
  const places = embedding(`${tables}.position_embeddings.weight`, positions);
  let x = norm(op('Add', [op('Add', [words, types]), places]), `${tables}.LayerNorm`);

  const kept = op(
    'Cast',
    [op('Unsqueeze', ['attention_mask', graph.integers('axes_1_2', [1, 2])])],
    { to: TYPES.float },
  );
  const lowest = -3.4028234663852886e38;
  const mask = op('Mul', [
    op('Sub', [graph.scalar('one_float', 1), kept]),
    graph.scalar('lowest', lowest),
  ]);
  const byHead = graph.integers('by_head', [0, 0, heads, H / heads]);
  const joined = graph.integers('joined', [0, 0, H]);
  const root = graph.scalar('sqrt_head_size', Math.sqrt(H / heads));
  const half = graph.scalar('half', 0.5);
  const sqrt2 = graph.scalar('sqrt_2', Math.SQRT2);
  for (let i = 0; i < config.num_hidden_layers; ++i) {
    const layer = `bert.encoder.layer.${i}`;
    const project = (name, perm) => {
      const rows = linear(x, `${layer}.attention.self.${name}`, H, H);
      return op('Transpose', [op('Reshape', [rows, byHead])], { perm });
    };
    const query = project('query', [0, 2, 1, 3]);
    const key_ = project('key', [0, 2, 3, 1]);
    const value = project('value', [0, 2, 1, 3]);
    const scores = op('Add', [op('Div', [op('MatMul', [query, key_]), root]), mask]);
    const context = op('MatMul', [op('Softmax', [scores], { axis: -1 }), value]);
    const rows = op('Reshape', [op('Transpose', [context], { perm: [0, 2, 1, 3] }), joined]);
    const attended = linear(rows, `${layer}.attention.output.dense`, H, H);
    x = norm(op('Add', [attended, x]), `${layer}.attention.output.LayerNorm`);
    const wide = linear(x, `${layer}.intermediate.dense`, H, config.intermediate_size);
    const erf = op('Add', [op('Erf', [op('Div', [wide, sqrt2])]), 'one_float']);
    const gelu = op('Mul', [op('Mul', [wide, erf]), half]);
    const narrow = linear(gelu, `${layer}.output.dense`, config.intermediate_size, H);
    x = norm(op('Add', [narrow, x]), `${layer}.output.LayerNorm`);
  }
  const first = op('Gather', [x, graph.integers('zero', [0], [])], { axis: 1 });
  const dense = (input, name, outputs, names) => {
    const weight = graph.constant(`${name}.weight`, [outputs, H], get(`${name}.weight`));
    return op('Gemm', [input, weight, vector(`${name}.bias`)], { transB: 1 }, names);
  };
  const pooled = op('Tanh', [dense(first, 'bert.pooler.dense', H)]);
  const labels = Object.keys(config.id2label).length;
  dense(pooled, 'classifier', labels, ['logits']);

  const valueInfo = (field, name, type, dims) => {
    const shape = dims.map((dim) =>
      message(1, typeof dim === 'string' ? string(2, dim) : integer(1, dim)),
    );
    const tensor = message(1, [integer(1, TYPES[type]), message(2, shape)]);
    return message(field, [string(1, name), message(2, tensor)]);
  };
  const inputs = ['input_ids', 'attention_mask', 'token_type_ids'];
  const model = [
    integer(1, IR_VERSION),
    message(7, [
      graph.nodes,
      string(2, 'bert'),
      graph.initializers,
      inputs.map((name) => valueInfo(11, name, 'int64', ['batch_size', 'sequence_length'])),
      valueInfo(12, 'logits', 'float', ['batch_size', labels]),
    ]),
    message(8, [string(1, ''), integer(2, OPSET)]),
  ];
  const file = openSync(path, 'w');
  const write = (parts) => {
    if (Array.isArray(parts)) parts.forEach(write);
    else writeSync(file, parts);
  };
  write(model);
  closeSync(file);
}
