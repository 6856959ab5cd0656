// A user's own module worker, in which the package runs without another one.
import { build_info, env, pipeline } from '/dist/index.js';

addEventListener('message', async ({ data }) => {
  const classifier = await pipeline('text-classification', data.model);
  const results = await classifier(data.texts);
  postMessage({ results, useWorker: env.useWorker, variant: (await build_info()).variant });
  await classifier.dispose();
});
