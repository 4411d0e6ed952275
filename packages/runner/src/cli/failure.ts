import type { Output } from './output';

/** Codes of failures that no other command line or config would have prevented; all others are the user's. */
const failures = new Set([
  'non-finite',
  'collapse-mismatch',
  'verify-failed',
  'method-broken',
  'download-failed',
  'disk-full',
  'engine-unavailable',
  'read-in-step',
  'comparison-failed',
]);

/** An error as a program sees it. */
interface Coded {
  readonly code: string;
  readonly message: string;
}

// As in @overparam/engine, whose import would load TensorFlow.js; a symbol of the global registry is the same.
const brand = Symbol.for('overparam.error');

function coded(error: unknown): Coded | null {
  if (typeof error !== 'object' || error === null) return null;
  if (brand in error) return error as unknown as Coded;
  // citty's own errors: a missing argument, no command.
  if (error instanceof Error && error.name === 'CLIError') return { code: 'usage', message: error.message };
  return null;
}

/**
 * Reports an error in the form the user asked for.
 *
 * @returns the exit code: 2 for the user's mistakes, 130 for an interruption, 1 for all else
 */
export function reportFailure(error: unknown, output: Output): number {
  const known = coded(error);
  const code = known?.code ?? 'unexpected';
  const message = known?.message ?? (error instanceof Error ? error.message : String(error));
  if (output.json) output.result({ error: { code, message } }, '');
  // A stack helps only where the error is not one that this program knows.
  const stack = !known && error instanceof Error ? `\n${error.stack}` : '';
  output.say(`${code === 'interrupted' ? '' : 'Error: '}${message}${stack}`);
  if (code === 'interrupted') return 130;
  return known && !failures.has(code) ? 2 : 1;
}
