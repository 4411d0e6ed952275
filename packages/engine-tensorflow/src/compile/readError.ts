import { OverparamError } from '../errors';

/** Frames of libraries and of this package: what is left is the user's. */
const foreign =
  /@tensorflow[\\/+]|engine-tensorflow[\\/](src|dist)|packages[\\/]engine[\\/]|@overparam[\\/]engine|node:internal|\(native\)|<anonymous>\)?$/;

/** The place in the user's code that called, as `file:line:column`; null where there is none. */
function callingLine(): string | null {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 60;
  const { stack = '' } = new Error();
  Error.stackTraceLimit = limit;
  const frame = stack
    .split('\n')
    .slice(1)
    .find((line) => !foreign.test(line.trim()));
  return frame?.trim().replace(/^at (?:.*\()?(.*?)\)?$/, '$1') ?? null;
}

/** The error of a step that reads a value. */
export function readError(): OverparamError {
  const line = callingLine();
  return new OverparamError(
    'read-in-step',
    `A compiled step read a tensor's value${line === null ? '' : ` at ${line}`}. A step is traced once and run many ` +
      'times, so values do not exist while it is written down. Return the tensor from the step and read it afterwards; ' +
      'where a value decides something, use tf.where.',
  );
}
