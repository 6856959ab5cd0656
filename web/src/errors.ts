/** Kinds of errors; the same names as in C++ and in the command line's JSON output. */
export type VerdictErrorCode =
  | 'invalid_argument'
  | 'not_found'
  | 'corrupt_file'
  | 'unsupported'
  | 'io'
  | 'network'
  | 'out_of_memory'
  | 'internal';

/** The one error type of this package. The message is a sentence for people. */
export class VerdictError extends Error {
  override readonly name = 'VerdictError';

  constructor(
    readonly code: VerdictErrorCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}
