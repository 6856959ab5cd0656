import { pythonModels } from './python.mjs';

export const title = 'OpenVINO';
export const command = pythonModels('openvino');
