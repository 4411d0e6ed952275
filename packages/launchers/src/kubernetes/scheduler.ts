import { rm } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { isOverparamError, OverparamError } from '@overparam/errors';
import { writeFileAtomic } from '@overparam/files';
import { stringify } from 'yaml';
import type { Scheduler } from '../scheduler';
import type { KubernetesOptions } from '../schema';
import { jobName, writeSubmission } from '../submission';
import { jobManifest } from './manifest';
import { kubectl, kubernetesQueue } from './queue';

function checkBelow(mountPath: string, folder: string, what: string): void {
  const way = relative(resolve(mountPath), resolve(folder));
  if (!way.startsWith('..')) return;
  throw new OverparamError(
    'launcher-refused',
    `Pods see ${mountPath} (launcher.mountPath) alone, and the ${what} "${resolve(folder)}" does not lie below it. Mount the shared ` +
      'file system here at the same path, and choose folders on it.',
  );
}

function refused(said: string): OverparamError {
  return new OverparamError(
    'launcher-refused',
    `Kubernetes does not take the job: ${said || 'kubectl gave no reason'}.`,
  );
}

/** Indexed Jobs of Kubernetes. Without its program `kubectl`, manifests are written for somebody else to apply. */
export function kubernetesScheduler(options: KubernetesOptions): Scheduler {
  const { namespace, mountPath } = options;
  let hasClient = true;
  return {
    name: 'kubernetes',
    // Failures are started again by the job itself.
    options: { ...options, retries: 0 },
    queue: kubernetesQueue(namespace),
    watches: () => hasClient,
    async check() {
      try {
        await kubectl(['version', '--client=true'], undefined);
      } catch (error) {
        if (!isOverparamError(error)) throw error;
        hasClient = false;
      }
    },
    async submit(order) {
      checkBelow(mountPath, order.out, 'comparison');
      checkBelow(mountPath, order.dataDir, 'folder of data');
      const tasks = order.runs.map(({ label, seed, configFile, folder }) => ({
        label,
        seed,
        configFile,
        folder,
      }));
      const submission = await writeSubmission(order.out, {
        launcher: 'kubernetes',
        command: { file: options.command[0]!, prefix: options.command.slice(1) },
        dataDir: order.dataDir,
        extraArguments: [...(order.extraArguments ?? [])],
        timeoutSeconds: options.timeoutMin * 60,
        signalDelayS: 0,
        maxNumTimeout: 0,
        tasks,
      });
      const manifest = stringify(jobManifest(submission, options), { aliasDuplicateObjects: false });
      const file = join(submission.folder, 'job.yaml');
      await writeFileAtomic(file, manifest);
      if (!hasClient) {
        order.onNote(`There is no kubectl here. Where there is one: kubectl apply --filename=${file}`);
        return [submission];
      }
      const { code, said } = await kubectl(['apply', '--filename=-'], namespace, manifest);
      if (code !== 0) {
        await rm(submission.folder, { recursive: true, force: true });
        throw refused(said);
      }
      order.onNote(
        `${tasks.length} ${tasks.length === 1 ? 'run is' : 'runs are'} the job ${jobName(submission.id)} of Kubernetes.`,
      );
      return [submission];
    },
    accounted: () => Promise.resolve(''),
    release: () => Promise.resolve(),
    cancel: () => Promise.resolve(),
    howToStop: (ids) => `kubectl delete job ${ids.map(jobName).join(' ')}`,
  };
}
