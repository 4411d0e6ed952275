import type { KubernetesOptions } from '../schema';
import { jobName, type Submission } from '../submission';

/** Exit code of a task that has to be started again. */
const again = 75;

/** Seconds that a pod has to save its state when its place is taken. */
const graceSeconds = 120;

/**
 * The Indexed Job of a submission, of `batch/v1`: one index a run. A pod whose place is taken does not count as a failure; an
 * index that fails leaves the others alone.
 *
 * @returns an object for `kubectl apply`, as YAML or JSON
 */
export function jobManifest(submission: Submission, options: KubernetesOptions): object {
  const { folder, id, tasks } = submission;
  const labels = { 'app.kubernetes.io/name': 'overparam', 'app.kubernetes.io/instance': jobName(id) };
  const log = 'exec "$@" >> "$0/logs/$JOB_COMPLETION_INDEX.log" 2>&1';
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: jobName(id),
      ...(options.namespace !== undefined && { namespace: options.namespace }),
      labels,
    },
    spec: {
      completionMode: 'Indexed',
      completions: tasks.length,
      parallelism: Math.min(tasks.length, options.arrayParallelism),
      backoffLimitPerIndex: options.retries,
      maxFailedIndexes: tasks.length,
      podFailurePolicy: {
        rules: [
          { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
          { action: 'Ignore', onExitCodes: { containerName: 'run', operator: 'In', values: [again] } },
        ],
      },
      template: {
        metadata: { labels },
        spec: {
          restartPolicy: 'Never',
          activeDeadlineSeconds: options.timeoutMin * 60,
          terminationGracePeriodSeconds: graceSeconds,
          containers: [
            {
              name: 'run',
              image: options.image,
              command: ['/bin/sh', '-c', log, folder, ...options.command, 'task', folder],
              env: [{ name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }],
              resources: resources(options),
              volumeMounts: [{ name: 'shared', mountPath: options.mountPath }],
            },
          ],
          volumes: [{ name: 'shared', persistentVolumeClaim: { claimName: options.volumeClaim } }],
        },
      },
    },
  };
}

function resources({ cpusPerTask, memGb, gpusPerNode }: KubernetesOptions): object {
  const amounts = {
    ...(cpusPerTask !== undefined && { cpu: String(cpusPerTask) }),
    ...(memGb !== undefined && { memory: `${Math.ceil(memGb * 1000)}M` }),
  };
  return {
    requests: amounts,
    limits: { ...amounts, ...(gpusPerNode !== undefined && { 'nvidia.com/gpu': String(gpusPerNode) }) },
  };
}
