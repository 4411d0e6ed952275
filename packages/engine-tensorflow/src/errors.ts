const brand = Symbol.for('overparam.error');

/**
 * The error class of this package: `message` says what was expected, what came and what to do next, `code` is stable
 * and meant for programs. It has the shape of the errors of all overparam packages, which know each other by a
 * symbol and not by class.
 */
export class OverparamError extends Error {
  override readonly name = 'OverparamError';
  /** A stable kebab-case name of what went wrong, such as `no-library`. */
  readonly code: string;

  /**
   * @param code     stable kebab-case name of the error
   * @param message  what was expected, what came, what to do
   * @param options  `cause`: the error behind this one
   */
  constructor(code: string, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
    Object.defineProperty(this, brand, { value: true });
  }
}

/** Whether `error` comes from an overparam package, whichever copy of it. */
export function isOverparamError(error: unknown): error is OverparamError {
  return typeof error === 'object' && error !== null && brand in error;
}
