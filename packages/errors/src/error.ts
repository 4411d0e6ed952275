const brand = Symbol.for('overparam.error');

/**
 * The one error class of all overparam packages.
 *
 * `message` says what was expected, what came and what to do next, and names the layer, file or option;
 * `code` is stable and meant for programs. Use {@link isOverparamError}, not `instanceof`: two copies of a
 * package in one process have two classes.
 */
export class OverparamError extends Error {
  override readonly name = 'OverparamError';
  /** A stable kebab-case name of what went wrong, such as `unknown-method`. */
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
