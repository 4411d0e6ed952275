import { OverparamError } from '@overparam/errors';

/** The processes that train together, and which of them this one is. */
export interface Cluster {
  /** `host:port` of each worker, in their order; the same list for all. */
  readonly workers: readonly string[];
  /** This process's place in the list, from 0. */
  readonly index: number;
  /** Seconds that a sum waits for the other workers before it fails; 300 where left out. */
  readonly deadline?: number;
}

/** Seconds that a sum waits where nothing else is said. */
export const defaultDeadline = 300;

function refusal(what: string, next: string): OverparamError {
  return new OverparamError('invalid-cluster', `${what} ${next}`);
}

/**
 * The host and port of a worker's address.
 *
 * @throws OverparamError `invalid-cluster`
 */
export function hostAndPort(address: string): { readonly host: string; readonly port: number } {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^\s:[\]/]+):(\d{1,5})$/.exec(address);
  const port = Number(match?.[2]);
  if (!match || port < 1 || port > 65535) {
    throw refusal(
      `"${address}" is no address of a worker;`,
      'expected host:port with a port from 1 to 65535, such as node-1:2222.',
    );
  }
  return { host: match[1]!.replace(/^\[|\]$/g, ''), port };
}

/**
 * A cluster, checked and complete.
 *
 * @throws OverparamError `invalid-cluster`
 */
export function checkedCluster({ workers, index, deadline = defaultDeadline }: Cluster): Required<Cluster> {
  for (const address of workers) hostAndPort(address);
  const twice = workers.find((address, at) => workers.indexOf(address) !== at);
  if (twice !== undefined) {
    throw refusal(`The address ${twice} stands twice in the list of workers;`, 'give each one of its own.');
  }
  if (!(Number.isInteger(index) && index >= 0 && index < workers.length)) {
    throw refusal(
      `Worker ${index} is not among the ${workers.length} workers;`,
      `expected a whole number from 0 to ${workers.length - 1}.`,
    );
  }
  if (!(deadline > 0 && deadline <= 86_400)) {
    throw refusal(
      `The deadline of sums is ${deadline};`,
      'expected seconds, above 0 and up to 86400 (a day).',
    );
  }
  return { workers: [...workers], index, deadline };
}

/** What TensorFlow calls a worker. */
export const taskName = (index: number) => `/job:worker/replica:0/task:${index}`;
