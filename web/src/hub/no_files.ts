// Stands for node_files.ts in bundles for browsers (see "imports" in package.json): no files here.
import { VerdictError } from '../errors.js';
import type * as files from './node_files.js';

export const coreCount = (): number => 1;

export const isFolder: typeof files.isFolder = async () => false;

export const toPath: typeof files.toPath = (source) => source;

export const bundledModel: typeof files.bundledModel = async () => null;

const none = async (): Promise<never> => {
  throw new VerdictError('unsupported', 'This is a bundle for browsers; it reads no local files.');
};
export const openPath: typeof files.openPath = none;
export const saveFile: typeof files.saveFile = none;
export const convertedFolder: typeof files.convertedFolder = none;
export const DiskCache = { create: none };
