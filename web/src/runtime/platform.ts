/** Whether this is Node, or an engine that offers the same modules. */
export const isNode = typeof process !== 'undefined' && process.versions?.node !== undefined;
