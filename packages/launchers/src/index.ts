/**
 * Where runs compute: processes of this machine, tasks of a Slurm job array, or indices of a Kubernetes job. Run folders on
 * a file system that all share are the only state; nothing of ours runs as a service.
 *
 * @packageDocumentation
 */
export { type ChildRun, type CommandLine, trainInChild } from './child';
export type { TaskEvent } from './events';
export { type Launch, type LaunchedRun, type Launcher, trainArguments } from './launch';
export { launcherOf, schedulerOf } from './launchers';
export { localLauncher } from './local';
export type { Outcome } from './outcome';
export { childMark, type ParentLink, parentLink, type RunMessage } from './parent-link';
export { runPool } from './pool';
export { type Queue, type QueuedTask, taskKey } from './queue';
export { scheduledLauncher } from './scheduled';
export type { Order, Scheduler } from './scheduler';
export {
  completeLauncher,
  type KubernetesOptions,
  type LauncherChoice,
  type LauncherConfig,
  type LauncherName,
  launcherNames,
  launcherSchema,
  type Scheduling,
  type SlurmOptions,
} from './schema';
export { type RunStatus, type StatusOptions, statusOf } from './status';
export { type Submission, type SubmissionRecord, submissionsFolder } from './submission';
export { runTask, type TaskOptions } from './task';
