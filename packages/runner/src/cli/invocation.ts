import type { Output } from './output';

/** What a command gets from the process that it runs in. */
export interface Surroundings {
  readonly output: Output;
  /** Aborts on the first Ctrl-C. */
  readonly signal: AbortSignal;
  /** The command line that is run, without Node and the file. */
  readonly rawArguments: readonly string[];
}

/** What a command gets beside its arguments. */
export interface Invocation extends Surroundings {
  /** Values of `--set`, in their order. */
  readonly sets: readonly string[];
  /** Values of `--plugin`, in their order: packages, or paths from the working directory. */
  readonly plugins: readonly string[];
}

/** What a command gets beside its arguments: from the process, and of those that many commands take. */
export function invocationOf(surroundings: Surroundings, given: object): Invocation {
  const { set = [], plugin = [] } = given as { set?: readonly string[]; plugin?: readonly string[] };
  return { ...surroundings, sets: set, plugins: plugin };
}

/** Folder of all datasets: the option, the environment's `OVERPARAM_DATA_DIR`, or `data`. */
export function dataDirectory(option: string | undefined): string {
  return option ?? process.env.OVERPARAM_DATA_DIR ?? 'data';
}
