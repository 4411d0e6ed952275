import * as z from 'zod';

/** One number for each task, in their order or by name. */
export type ByTask = readonly number[] | Readonly<Record<string, number>>;

const share = z.number().min(0);

/** One number of 0 or more for each task, in their order or by name. */
export const byTask = z.union([z.array(share).min(1), z.record(z.string(), share)]);

/** How much each task counts, beside what a balancer finds; only the ratios matter. */
export const preferenceOption = z
  .union([
    z
      .array(share)
      .min(1)
      .refine((shares) => shares.some((value) => value > 0), 'expected one above 0'),
    z
      .record(z.string(), share)
      .refine((shares) => Object.values(shares).some((value) => value > 0), 'expected one above 0'),
  ])
  .optional()
  .describe(
    'How much each task counts, by name or in order, 0 or more; only ratios matter. Alike if left out.',
  );

/** The numbers in the tasks' order. */
export function inOrder(given: ByTask, tasks: readonly string[]): readonly number[] {
  return Array.isArray(given) ? given : tasks.map((task) => (given as Record<string, number>)[task]!);
}

/** Whether there is a number for each task and none besides: true, or what is wrong. */
export function fitsTasks(option: string, given: ByTask, tasks: readonly string[]): true | string {
  const names = tasks.join(', ');
  if (Array.isArray(given)) {
    return (
      given.length === tasks.length ||
      `option "${option}" has ${given.length} weights for ${tasks.length} tasks (${names}); give one for each`
    );
  }
  const missing = tasks.find((task) => !Object.hasOwn(given, task));
  const unknown = Object.keys(given).find((name) => !tasks.includes(name));
  if (missing !== undefined)
    return `option "${option}" has none for task "${missing}"; give one for each of ${names}`;
  return (
    unknown === undefined ||
    `option "${option}" names "${unknown}", which is no task here; tasks are ${names}`
  );
}

/** Shares of mean 1, so that even ones change nothing; all 0 where nothing is preferred. */
export function ofMeanOne(shares: readonly number[]): readonly number[] {
  const mean = shares.reduce((sum, value) => sum + value / shares.length, 0);
  return shares.map((value) => (mean > 0 ? value / mean : 0));
}
