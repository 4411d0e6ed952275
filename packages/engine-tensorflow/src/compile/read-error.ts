import { fileURLToPath } from 'node:url';
import { OverparamError } from '@overparam/errors';

/** Frames of libraries and of Node. */
const foreign = /@tensorflow[\\/+]|@overparam[\\/]engine[\\/]|node:internal|\(native\)|<anonymous>\)?$/;

/** This package's sources, or all of it once it is built: that brings this module one level higher. */
const own = new URL('..', import.meta.url);
const packageFolder = own.pathname.endsWith('/src/') ? new URL('..', own) : own;
/** The package that calls this one, where it lies beside it. */
const caller = new URL('../engine/', packageFolder);
/** As frames name files: those of ES modules by address, others by path. */
const ours = [own, new URL('src/', caller), new URL('dist/', caller)].flatMap((folder) => [
  folder.href,
  fileURLToPath(folder),
]);

const isForeign = (frame: string) => foreign.test(frame) || ours.some((folder) => frame.includes(folder));

/** The place in the user's code that called, as `file:line:column`; null where there is none. */
function callingLine(): string | null {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 60;
  const { stack = '' } = new Error();
  Error.stackTraceLimit = limit;
  const frame = stack
    .split('\n')
    .slice(1)
    .find((line) => !isForeign(line.trim()));
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
