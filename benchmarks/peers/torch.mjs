import { pythonModels } from './python.mjs';

export const title = 'torch';
export const command = pythonModels('torch');
