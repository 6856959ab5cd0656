import { sessionEngine } from './onnxruntime.mjs';

export const title = 'onnxruntime-node';
export const npmPackage = 'onnxruntime-node';
/** Its calls are computed in a thread of Node's pool. */
export const worksInPool = true;
export const library = { node: 'onnxruntime-node/dist/index.js' };

export async function load(model, { dtype, threads, url }) {
  const { default: ort } = await import(url);
  const session = await ort.InferenceSession.create(model.onnx[dtype], {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
  });
  return sessionEngine(ort, session);
}
