import type { Output } from './output';

/** What a command gets beside its arguments. */
export interface Invocation {
  /** Values of `--set`, in their order. */
  readonly sets: readonly string[];
  /** Values of `--plugin`, in their order: packages, or paths from the working directory. */
  readonly plugins: readonly string[];
  readonly output: Output;
  /** Aborts on the first Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Folder of all datasets: the option, the environment's `OVERPARAM_DATA_DIR`, or `data`. */
export function dataDirectory(option: string | undefined): string {
  return option ?? process.env.OVERPARAM_DATA_DIR ?? 'data';
}
