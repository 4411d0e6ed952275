import type { Key, OptionsSchema } from '@overparam/engine';
import type { Role } from './method';
import type { PartSource } from './source';

/** Parameters that move together: all those of one role, block and task. */
export interface ParameterGroup {
  readonly role: Role;
  readonly block: string | null;
  readonly task: string | null;
  /** Number of scalars in the group. */
  readonly size: number;
}

/** Chooses parameter groups; a field left out matches all, null those that have none: see `matchesGroup`. */
export interface GroupSelector {
  readonly role?: Role;
  readonly block?: string | null;
  readonly task?: string | null;
}

/** The network that a phase trains: the plain one, its expansion, or the collapsed one. */
export type Stage = 'plain' | 'expanded' | 'collapsed';

/** What a routine may know of a run when it plans. */
export interface RunShape {
  /** Gradient evaluations in the whole run; every routine spends exactly these. */
  readonly updates: number;
  /** Batches in one pass over the training data. */
  readonly updatesPerEpoch: number;
  /** Names of the tasks; one for a single-task run. */
  readonly tasks: readonly string[];
  /** Groups of the expanded network. */
  readonly groups: readonly ParameterGroup[];
  /** The run's key, from which a routine folds its own where it draws something. */
  readonly key: Key;
}

/** One kind of training step; each phase is compiled once. */
export interface Phase {
  readonly name: string;
  readonly stage: Stage;
  /** The groups that move. Parameters of role `plain` and `norm` move in every phase. */
  readonly moves: readonly GroupSelector[];
  /** Factors on the learning rate of groups; the first that matches counts, 1 where none does. */
  readonly rates: readonly { readonly groups: GroupSelector; readonly factor: number }[];
  /** The loss that is followed: one task's own, or the balanced sum of all. */
  readonly loss: { readonly task: string } | 'balanced';
}

/** What happens at one update. */
export interface ScheduledUpdate {
  readonly phase: string;
  /** Which batch it takes, counted from the run's start; two updates may share one. */
  readonly batch: number;
  /** Optimiser slots to be zeroed before this update. */
  readonly reset: readonly GroupSelector[];
  /** Numbers by name for the states that follow them, such as `tau`; those left out stay as they are. */
  readonly values?: Readonly<Record<string, number>>;
}

/** A routine's plan for one run. */
export interface Schedule {
  readonly phases: readonly Phase[];
  /** What update `index` does, 0 up to `updates - 1`. A pure function. */
  at(index: number): ScheduledUpdate;
  /** Updates at which another stage begins, ascending; the first entry is at 0. */
  readonly stages: readonly { readonly stage: Stage; readonly from: number }[];
  /** What a user should know before the run, such as a phase that moves nothing. */
  readonly notes: readonly string[];
}

/** Decides which parameters move when. Knows roles, blocks and tasks, no method and no dataset. */
export interface Routine<Options = unknown> {
  readonly apiVersion: 1;
  readonly name: string;
  readonly summary: string;
  /** The paper that it comes from; left out where it comes from none. */
  readonly source?: PartSource;
  readonly options: OptionsSchema<Options>;
  /** The whole plan of a run, made before it begins; a pure function. */
  plan(run: RunShape, options: Options): Schedule;
}
