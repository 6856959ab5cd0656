import { pythonModels } from './python.mjs';

export const title = 'CTranslate2';
export const command = pythonModels('ctranslate2');
