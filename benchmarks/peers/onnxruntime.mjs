// What onnxruntime-web and onnxruntime-node have in common: the API of onnxruntime-common.
import { padded } from '../batches.mjs';

/** An engine over an open session. */
export function sessionEngine(ort, session) {
  return {
    detail: '',
    prepare(rows) {
      const { dims, tensors } = padded(rows);
      return Object.fromEntries(
        Object.entries(tensors).map(([name, data]) => [name, new ort.Tensor('int64', data, dims)]),
      );
    },
    run: async (inputs) => (await session.run(inputs)).logits.data,
    dispose: () => session.release(),
  };
}
