import { isOverparamError, type OverparamError } from '@overparam/errors';

/** The error of ours that a promise is rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<OverparamError> {
  const error = await promise.then(
    () => new Error('it was fulfilled'),
    (reason: unknown) => reason,
  );
  if (!isOverparamError(error)) throw error;
  return error;
}
