import { OverparamError } from '@overparam/errors';
import type { Pointer } from './functions';
import type { Library } from './library';

const outOfMemory = 8;
const notFound = 5;
const unimplemented = 12;
const deadlineExceeded = 4;
const unavailable = 14;
/** What TensorFlow says at the failure of a sum over workers, and at each one after that. */
const abandoned = /Collective ops is aborted|collective/i;

/** Fails with TensorFlow's own words if the last call did. */
export function check(library: Library, status: Pointer, doing: string): void {
  const code = library.TF_GetCode(status) as number;
  if (code === 0) return;
  const words = library.TF_Message(status) as string;
  // Not every function that succeeds says so: without this, the next one would seem to fail.
  library.TF_SetStatus(status, 0, '');
  if (code === outOfMemory) {
    throw new OverparamError(
      'out-of-memory',
      `TensorFlow ran out of memory in ${doing}: ${firstLine(words)}`,
    );
  }
  if (code === deadlineExceeded || code === unavailable || abandoned.test(words)) {
    throw new OverparamError(
      'worker-lost',
      `Another worker did not take part in ${doing}: ${firstLine(words)} Start all workers again from their last checkpoint.`,
    );
  }
  if (code === notFound || code === unimplemented) {
    throw new OverparamError('op-unsupported', `TensorFlow cannot do ${doing}: ${firstLine(words)}`);
  }
  throw new OverparamError('tensorflow', `TensorFlow refused ${doing}: ${firstLine(words)}`);
}

const firstLine = (words: string) =>
  words
    .split('\n')[0]!
    .replace(/\s*\[Op:.*?\]\s*/g, ' ')
    .trim();
