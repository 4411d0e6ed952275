/** What a scheduler says of a task. */
export interface QueuedTask {
  /** `ended` also where the scheduler does not know of it any more. */
  readonly state: 'waiting' | 'running' | 'ended';
  /** The scheduler's own word for it, such as `NODE_FAIL`; empty where it has none. */
  readonly word: string;
  /** Why it waits or how it ended, in the scheduler's words. */
  readonly reason: string;
  readonly node: string;
  /** What the scheduler calls it. */
  readonly job: string;
}

/** A scheduler, asked about submissions by their names. */
export interface Queue {
  /**
   * What it says of tasks.
   *
   * @returns by the submission's id and the task's index, as {@link taskKey} writes them; tasks that it does not know of are
   *   left out
   * @throws OverparamError `scheduler-failed` where it does not answer
   */
  ask(ids: readonly string[]): Promise<ReadonlyMap<string, QueuedTask>>;
}

/** How a task is called in answers. */
export function taskKey(id: string, index: number): string {
  return `${id}/${index}`;
}
