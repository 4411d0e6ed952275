import { isOverparamError } from '@overparam/errors';
// Not the package's whole, as help would wait for it.
import { lostExitCode } from '@overparam/workers/exit-code';
import type { Output } from './output';

/** What the process ends with, as shells and other programs read it. */
export const exitCodes = { failed: 1, mistake: 2, lost: lostExitCode, interrupted: 130 } as const;

/** Ctrl-C: in training, and while data are read or downloaded. */
const interruptions: ReadonlySet<string> = new Set(['interrupted', 'aborted']);

/**
 * Codes of failures that are not in the command line, the config, the data or a folder. All others are the user's
 * mistakes; an error without a code is a failure too.
 */
export const failures: ReadonlySet<string> = new Set([
  // The result cannot be trusted.
  'non-finite',
  'collapse-mismatch',
  'export-mismatch',
  'onnx-refused',
  'verify-failed',
  // The machine or the network did not do its part.
  'data-download',
  'download-failed',
  'disk-full',
  'disk-failed',
  'too-many-files',
  'out-of-memory',
  'engine-unavailable',
  'library-not-loaded',
  'tensorflow',
  'worker-failed',
  'worker-missing',
  'workers-diverged',
  'lock-lost',
  'scheduler-failed',
  // This program, a method or a routine is wrong.
  'method-broken',
  'unknown-phase',
  'read-in-step',
  'op-unsupported',
  'op-not-compilable',
  'type-unsupported',
  'nested-gradients',
  'step-disposed',
  'variable-disposed',
  'dataset-closed',
]);

/** The exit code that an error's code stands for; null for an error without one. */
export function exitCodeOf(code: string | null): number {
  // One that can be started again, and is where somebody looks after it.
  if (code === 'worker-lost') return exitCodes.lost;
  if (code === null || failures.has(code)) return exitCodes.failed;
  return interruptions.has(code) ? exitCodes.interrupted : exitCodes.mistake;
}

/**
 * Reports an error in the form the user asked for.
 *
 * @param report  what a command found out before it failed; with `--json` it stands beside the error
 * @returns the exit code: 2 for the user's mistakes, 130 for an interruption, 1 for all else
 */
export function reportFailure(error: unknown, output: Output, report: object = {}): number {
  const known = isOverparamError(error) ? error : null;
  const code = known?.code ?? 'unexpected';
  const message = known?.message ?? (error instanceof Error ? error.message : String(error));
  if (output.json) output.result({ ...report, error: { code, message } }, '');
  // A stack helps only where the error is not one that this program knows.
  const stack = !known && error instanceof Error ? `\n${error.stack}` : '';
  const exitCode = exitCodeOf(known?.code ?? null);
  output.say(`${exitCode === exitCodes.interrupted ? '' : 'Error: '}${message}${stack}`);
  return exitCode;
}
