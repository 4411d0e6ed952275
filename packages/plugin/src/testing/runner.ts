/**
 * Defines one test: vitest's `test`, or any function of this form.
 *
 * @param timeout  milliseconds that the test may take; vitest, Jest and Bun keep to it, `node:test` has no limit anyway
 */
export type DefineTest = (name: string, body: () => void | Promise<void>, timeout?: number) => void;

/** Most milliseconds that a test of a kit may take: those that train take seconds, on a busy machine many. */
const timeout = 120_000;

/** The same, with a time limit that fits a kit's tests: that of most runners is five seconds. */
export function patient(test: DefineTest): DefineTest {
  return (name, body) => test(name, body, timeout);
}

/** Fails the running test with a message unless `condition` holds. */
export function ensure(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}
