import { OverparamError } from '@overparam/errors';
import { isMissing, type Ran, runProgram } from '../programs';
import { type Queue, type QueuedTask, taskKey } from '../queue';
import { jobName } from '../submission';

/**
 * Runs Kubernetes' command line.
 *
 * @throws OverparamError `launcher-missing`
 */
export async function kubectl(
  given: readonly string[],
  namespace: string | undefined,
  input = '',
): Promise<Ran> {
  try {
    return await runProgram(
      'kubectl',
      [...(namespace === undefined ? [] : ['--namespace', namespace]), ...given],
      { input },
    );
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new OverparamError(
      'launcher-missing',
      'Kubernetes is asked by its program "kubectl", which was not found here. Look at the job from a machine that has it.',
      { cause: error },
    );
  }
}

/** `0-2,5` as numbers. */
export function indicesOf(text: string): number[] {
  if (text === '') return [];
  return text.split(',').flatMap((part) => {
    const [from = 0, to = from] = part.split('-').map(Number);
    return Array.from({ length: to - from + 1 }, (_, at) => from + at);
  });
}

interface JobStatus {
  readonly completedIndexes?: string;
  readonly failedIndexes?: string;
  readonly conditions?: readonly {
    readonly type: string;
    readonly status: string;
    readonly reason?: string;
  }[];
}

interface Pod {
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: { readonly nodeName?: string };
  readonly status: { readonly phase?: string; readonly reason?: string };
}

async function objectOf(given: readonly string[], namespace: string | undefined): Promise<unknown> {
  const { code, out, said } = await kubectl([...given, '--output=json'], namespace);
  if (code === 0) return JSON.parse(out);
  if (/not ?found/i.test(said)) return null;
  throw new OverparamError('scheduler-failed', `kubectl says: ${said || `nothing, and ended with ${code}`}`);
}

/** Asks a cluster about Indexed Jobs. */
export function kubernetesQueue(namespace: string | undefined): Queue {
  const tasksOf = async (id: string): Promise<[string, QueuedTask][]> => {
    const name = jobName(id);
    const job = (await objectOf(['get', 'job', name], namespace)) as {
      spec: { completions: number };
      status?: JobStatus;
    } | null;
    if (job === null) return [];
    const { completedIndexes = '', failedIndexes = '', conditions = [] } = job.status ?? {};
    const pods = (await objectOf(['get', 'pods', `--selector=job-name=${name}`], namespace)) as {
      items: Pod[];
    } | null;
    const over = conditions.find(
      ({ type, status }) => ['Complete', 'Failed'].includes(type) && status === 'True',
    );
    const done = new Set(indicesOf(completedIndexes));
    const failed = new Set(indicesOf(failedIndexes));
    return Array.from({ length: job.spec.completions }, (_, index): [string, QueuedTask] => {
      const own = (pods?.items ?? []).filter(
        ({ metadata }) =>
          metadata.annotations?.['batch.kubernetes.io/job-completion-index'] === String(index),
      );
      const pod = own.find(({ status }) => status.phase === 'Running') ?? own.at(-1);
      const at = {
        node: pod?.spec.nodeName ?? '',
        job: pod?.metadata.name ?? name,
        reason: pod?.status.reason ?? over?.reason ?? '',
      };
      const key = taskKey(id, index);
      if (done.has(index)) return [key, { ...at, state: 'ended', word: 'COMPLETED' }];
      if (failed.has(index) || over !== undefined) return [key, { ...at, state: 'ended', word: 'FAILED' }];
      const running = pod?.status.phase === 'Running';
      return [
        key,
        { ...at, state: running ? 'running' : 'waiting', word: pod?.status.phase ?? 'Pending', reason: '' },
      ];
    });
  };
  return {
    async ask(ids) {
      const found: [string, QueuedTask][] = [];
      for (const id of ids) found.push(...(await tasksOf(id)));
      return new Map(found);
    },
  };
}
