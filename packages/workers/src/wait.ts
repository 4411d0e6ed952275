import { connect } from 'node:net';
import { type Cluster, hostAndPort } from '@overparam/engine-tensorflow';
import { OverparamError } from '@overparam/errors';

function answers(address: string): Promise<boolean> {
  const { host, port } = hostAndPort(address);
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (result: boolean) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(2000, () => end(false));
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}

/**
 * Waits until every other worker listens.
 *
 * @param patience  seconds
 * @throws OverparamError `worker-missing`, which names those that do not answer; `interrupted`
 */
export async function waitForWorkers(
  { workers, index }: Cluster,
  patience: number,
  { signal, onWait }: { readonly signal?: AbortSignal; onWait?(missing: readonly string[]): void } = {},
): Promise<void> {
  const started = performance.now();
  let missing = workers.filter((_, at) => at !== index);
  for (let round = 0; ; round++) {
    const found = await Promise.all(missing.map(answers));
    missing = missing.filter((_, at) => !found[at]);
    if (missing.length === 0) return;
    if (signal?.aborted) {
      throw new OverparamError(
        'interrupted',
        'Stopped while other workers were waited for; nothing was trained.',
      );
    }
    if ((performance.now() - started) / 1000 >= patience) {
      const one = missing.length === 1;
      throw new OverparamError(
        'worker-missing',
        `Worker ${index} has waited ${patience} s, and ${missing.join(', ')} ${one ? 'does' : 'do'} not answer. Start ${one ? 'it' : 'them'}, see that the ${one ? 'port is' : 'ports are'} open, or correct the list of workers.`,
      );
    }
    if (round === 20) onWait?.(missing);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
