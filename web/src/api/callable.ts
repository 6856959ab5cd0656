/**
 * `instance` as a function, so that `await model(inputs)` works as it does in Python. It has all
 * members of the instance and is an `instanceof` its class.
 */
export function callable<T extends object, Args extends unknown[], Result>(
  instance: T,
  call: (self: T, ...args: Args) => Result,
): T & ((...args: Args) => Result) {
  const self = (...args: Args): Result => call(instance, ...args);
  // They would hide members of these names.
  Reflect.deleteProperty(self, 'name');
  Reflect.deleteProperty(self, 'length');
  return Object.setPrototypeOf(self, instance) as T & typeof self;
}
