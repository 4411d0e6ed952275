import { createServer } from 'node:net';
import { OverparamError } from '@overparam/errors';
import type { Binding } from '../binding/binding';
import type { DeviceOptions } from '../binding/context';
import { type Cluster, checkedCluster, hostAndPort, taskName } from './cluster';
import { serverOf } from './server';
import { watchWorkers } from './watch';

let joined: Required<Cluster> | null = null;
let server: Binding | null = null;

/** The cluster that this process is a worker of; null for none. */
export function joinedCluster(): Required<Cluster> | null {
  return joined;
}

/**
 * Makes this process one of several workers, before TensorFlow starts here: what it starts then listens on the worker's port, and
 * sums over the workers can be had. Once in a process.
 *
 * @throws OverparamError `invalid-cluster`; `already-started` where TensorFlow runs or the process is a worker already; `port-in-use`
 */
export async function joinWorkers(cluster: Cluster, isStarted: boolean): Promise<void> {
  const checked = checkedCluster(cluster);
  if (isStarted || joined !== null) {
    throw new OverparamError(
      'already-started',
      `${joined ? 'This process is a worker already' : 'TensorFlow has started in this process'}. Call joinWorkers() once, before ` +
        'anything uses the backend.',
    );
  }
  // TensorFlow itself would share a port with another that allows it, and say nothing.
  await refuseTakenPort(checked.workers[checked.index]!);
  joined = checked;
}

function refuseTakenPort(address: string): Promise<void> {
  const { port } = hostAndPort(address);
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new OverparamError(
          'port-in-use',
          `This worker cannot listen on port ${port} (${address}): ${error.code === 'EADDRINUSE' ? 'another process does' : error.message}. ` +
            'End that process, or give the worker another port.',
          { cause: error },
        ),
      ),
    );
    probe.listen(port, () => probe.close(() => resolve()));
  });
}

/** Lets TensorFlow's runtime listen to the other workers; before any tensor is made, as devices are others afterwards. */
export function enableCollectives(binding: Binding, options: DeviceOptions): void {
  if (joined === null) return;
  if (options.device === 'gpu' || binding.isUsingGpuDevice()) {
    throw new OverparamError(
      'workers-unsupported',
      'Workers sum on processors, and this one computes on a GPU. Start it with the device cpu, or train with one process.',
    );
  }
  const definition = serverOf(joined, options);
  binding.library.TFE_EnableCollectiveOps(binding.context, definition, definition.length, binding.status);
  binding.check(`listening as worker ${joined.index} on ${joined.workers[joined.index]}`);
  server = binding;
  watchWorkers(joined, binding);
}

/**
 * The workers that do not answer, by their places in the list; this one answers.
 *
 * @param patience  milliseconds that each is waited for
 */
export function silentWorkers(patience = 2000): number[] {
  if (joined === null || server === null) return [];
  const { library, context } = server;
  const { index: own, workers } = joined;
  const status = library.TF_NewStatus();
  try {
    return workers.flatMap((_, index) => {
      if (index === own) return [];
      library.TF_SetStatus(status, 0, '');
      library.TFE_CollectiveOpsCheckPeerHealth(context, taskName(index), BigInt(patience), status);
      return library.TF_GetCode(status) === 0 ? [] : [index];
    });
  } finally {
    library.TF_DeleteStatus(status);
  }
}
