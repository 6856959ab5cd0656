// What is measured against what.

/** Engines of one group run in turns: every one once, then every one again. */
function group(id, title, runtime, variant, dtype, ours, theirs, options = {}) {
  const contestants = [1, 2].flatMap((threads) => [
    {
      peer: ours,
      runtime,
      dtype,
      threads,
      variant: variant && (threads > 1 ? `${variant}-threads` : variant),
    },
    ...theirs.map((peer) => ({ peer, runtime, dtype, threads })),
  ]);
  return { id, title, contestants, ...options };
}

/** By dtype. onnxruntime-node is the native library, called from Node. */
const NATIVE_PEERS = {
  f32: ['openvino', 'ctranslate2', 'torch', 'onnxruntime-node'],
  q8: ['openvino', 'ctranslate2', 'onnxruntime-node'],
  bf16: ['openvino'],
};

/** This library without one of its means, natively. */
const WITHOUT = [
  'dropped-rows',
  'fused-activations',
  'fused-norms',
  'merged-linears',
  'own-products',
];

/** The groups in which latency is measured. */
export function latencyGroups() {
  const web = (id, title, runtime, variant) =>
    ['f32', 'q8'].map((dtype) =>
      group(`${id}-${dtype}`, title, runtime, variant, dtype, 'verdict-wasm', ['onnxruntime-web']),
    );
  const native = Object.entries(NATIVE_PEERS).map(([dtype, peers]) => {
    const node = peers.includes('onnxruntime-node') ? ['onnxruntime-node'] : [];
    const others = peers.filter((peer) => !node.includes(peer));
    const own = group(`native-${dtype}`, 'native', 'own', '', dtype, 'verdict-native', others);
    const inNode = node.flatMap((peer) =>
      [1, 2].map((threads) => ({ peer, runtime: 'node', dtype, threads })),
    );
    return { ...own, contestants: [...own.contestants, ...inNode] };
  });
  const without = WITHOUT.map((name) => `without-${name}`);
  const parts = ['f32', 'q8'].map((dtype) =>
    group(`parts-${dtype}`, 'parts', 'own', '', dtype, 'verdict-passes', without),
  );
  return [
    ...web('wasm', 'WebAssembly, plain SIMD, Node', 'node', 'simd'),
    ...web('relaxed', 'WebAssembly, relaxed SIMD, newer Node', 'newer-node', 'relaxed'),
    ...web('chromium', 'WebAssembly, relaxed SIMD, Chromium', 'chromium', 'relaxed'),
    ...web('firefox', 'WebAssembly, plain SIMD, Firefox', 'firefox', 'simd'),
    ...native,
    ...parts,
  ];
}

/** Engines whose start is measured: bytes in the page cache to the first logits. */
export const LOADERS = ['f32', 'q8'].flatMap((dtype) => [
  { peer: 'verdict-wasm', runtime: 'node', dtype, threads: 1, variant: 'simd' },
  { peer: 'onnxruntime-web', runtime: 'node', dtype, threads: 1 },
  { peer: 'verdict-native', runtime: 'own', dtype, threads: 1 },
  { peer: 'onnxruntime-node', runtime: 'node', dtype, threads: 1 },
]);

/** The first one's ids are the ones that ours have to give. */
export const TOKENIZERS = [
  { peer: 'rust-tokenizers', runtime: 'own', threads: 1 },
  { peer: 'verdict-native', runtime: 'own', threads: 1 },
  { peer: 'verdict-native', runtime: 'own', threads: 1, word_cache: false },
  { peer: 'verdict-wasm', runtime: 'node', threads: 1, variant: 'simd' },
  { peer: 'huggingface-tokenizers', runtime: 'node', threads: 1 },
];

/**
 * How far logits may lie from onnxruntime-node's in float32, as a share of the largest of them. One
 * engine beyond it and nothing is reported. Int8 may be coarse: random words of 16 tokens give small
 * logits, which 7-bit operands move by a third of the largest and onnxruntime's int8 by more than
 * half; the accuracy of int8 is reported on real texts.
 */
export const TOLERANCE = { f32: 1e-4, bf16: 0.05, q8: 0.4, 'q8 of a peer': 1 };
