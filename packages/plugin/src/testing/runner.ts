/** Defines one test: vitest's `test`, or any function of this form. */
export type DefineTest = (name: string, body: () => void | Promise<void>) => void;

/** Fails the running test with a message unless `condition` holds. */
export function ensure(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}
