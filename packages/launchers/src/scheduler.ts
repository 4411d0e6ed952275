import type { CommandLine } from './child';
import type { LaunchedRun } from './launch';
import type { Queue } from './queue';
import type { Scheduling } from './schema';
import type { Submission, SubmissionRecord } from './submission';

/** What is handed to a scheduler at a time. */
export interface Order {
  readonly runs: readonly LaunchedRun[];
  readonly out: string;
  readonly dataDir: string;
  readonly extraArguments?: readonly string[];
  readonly command: CommandLine;
  readonly signal: AbortSignal;
  /** What a user should know. */
  onNote(text: string): void;
}

/** A scheduler that exists, behind what following runs needs of it. */
export interface Scheduler {
  readonly name: SubmissionRecord['launcher'];
  readonly options: Scheduling & { readonly maxNumTimeout?: number };
  readonly queue: Queue;
  /** Whether it can be asked from here; where not, what is submitted is left to itself. */
  watches(): boolean;
  /**
   * Sees to it that tasks can be submitted, before anything is written.
   *
   * @throws OverparamError `launcher-missing`, `launcher-refused` with the scheduler's own words
   */
  check(command: CommandLine): Promise<void>;
  /**
   * Hands runs over, in as many arrays as it takes; what comes back is also on the disk.
   *
   * @throws OverparamError as `check`
   */
  submit(order: Order): Promise<readonly Submission[]>;
  /** Says more of a task that ended, where the scheduler keeps accounts. */
  accounted(id: string, index: number): Promise<string>;
  /** Lets a task start that the scheduler holds back after a failure of a node. */
  release(job: string): Promise<void>;
  /** Takes a task out of the queue. */
  cancel(job: string): Promise<void>;
  /** How a person looks at a submission and ends it. */
  howToStop(ids: readonly string[]): string;
}
