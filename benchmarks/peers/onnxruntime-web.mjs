import { sessionEngine } from './onnxruntime.mjs';

export const title = 'onnxruntime-web';
export const npmPackage = 'onnxruntime-web';
export const library = {
  node: 'onnxruntime-web/dist/ort.node.min.mjs',
  browser: 'onnxruntime-web/dist/ort.wasm.min.mjs',
};

export async function load(model, { dtype, threads, url }) {
  const ort = await import(url);
  ort.env.wasm.numThreads = threads;
  const session = await ort.InferenceSession.create(model.onnx[dtype], {
    executionProviders: ['wasm'],
  });
  return sessionEngine(ort, session);
}
