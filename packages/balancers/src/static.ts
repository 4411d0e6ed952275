import * as z from 'zod';
import { defineBalancer } from './define';

const weight = z.number().min(0);

const options = z.strictObject({
  weights: z
    .union([z.array(weight).min(1), z.record(z.string(), weight)])
    .describe('One weight for each task, in their order or by name; 0 or more.'),
});

type StaticOptions = z.output<typeof options>;

function weightsOf({ weights }: StaticOptions, tasks: readonly string[]): readonly number[] {
  return Array.isArray(weights) ? weights : tasks.map((task) => weights[task]!);
}

function fits(tasks: readonly string[], { weights }: StaticOptions): true | string {
  const names = tasks.join(', ');
  if (Array.isArray(weights)) {
    return (
      weights.length === tasks.length ||
      `option "weights" has ${weights.length} weights for ${tasks.length} tasks (${names}); give one for each`
    );
  }
  const missing = tasks.find((task) => !Object.hasOwn(weights, task));
  const unknown = Object.keys(weights).find((name) => !tasks.includes(name));
  if (missing !== undefined)
    return `option "weights" has none for task "${missing}"; give one for each of ${names}`;
  return (
    unknown === undefined || `option "weights" names "${unknown}", which is no task here; tasks are ${names}`
  );
}

/** Weights that are given and stay: by task name, or in the tasks' order. */
export const fixed = defineBalancer<StaticOptions, { weights: readonly number[] }>({
  name: 'static',
  summary: 'Given weights that stay.',
  options,
  supports: ({ tasks }, given) => fits(tasks, given),
  initialise: (tasks, given) => ({ weights: weightsOf(given, tasks) }),
  solve: ({ indices, state }) => ({ weights: indices.map((task) => state.weights[task]!) }),
});
