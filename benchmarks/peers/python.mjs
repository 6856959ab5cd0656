// What the peers that are used from Python have in common.
import { join } from 'node:path';

/** The command line of python_models.py for an engine. */
export const pythonModels =
  (engine) =>
  ({ root, python }) => [python, join(root, 'benchmarks/peers/python_models.py'), engine];
