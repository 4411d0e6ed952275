import type { Outcome } from './outcome';

/**
 * Runs jobs in their order, some at a time. A job that fails leaves the others alone; after an abort nothing new
 * starts, and the pool waits for what runs.
 *
 * @param jobs    what to run
 * @param atOnce  jobs at a time, at least 1
 * @param run     must end soon after its signal aborts; what it throws counts as a failure
 * @returns       one outcome a job, in the jobs' order
 */
export async function runPool<Job>(
  jobs: readonly Job[],
  atOnce: number,
  run: (job: Job, signal: AbortSignal) => Promise<Outcome>,
  signal: AbortSignal,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = jobs.map(() => ({ kind: 'stopped' }));
  let next = 0;
  const worker = async () => {
    while (next < jobs.length && !signal.aborted) {
      const index = next++;
      try {
        outcomes[index] = await run(jobs[index]!, signal);
      } catch (error) {
        outcomes[index] = { kind: 'failed', message: (error as Error).message };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, jobs.length) }, worker));
  return outcomes;
}
