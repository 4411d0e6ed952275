import * as z from 'zod';
import { defineBalancer } from './define';
import { byTask, fitsTasks, inOrder } from './preference';

const options = z.strictObject({
  weights: byTask.describe('One weight for each task, in their order or by name; 0 or more.'),
});

type StaticOptions = z.output<typeof options>;

/** Weights that are given and stay: by task name, or in the tasks' order. */
export const fixed = defineBalancer<StaticOptions, { weights: readonly number[] }>({
  name: 'static',
  summary: 'Given weights that stay.',
  options,
  supports: ({ tasks }, { weights }) => fitsTasks('weights', weights, tasks),
  properties: ({ weights }) => ({ harmless: 'no', linear: true, symmetric: !Array.isArray(weights) }),
  initialise: (tasks, { weights }) => ({ weights: inOrder(weights, tasks) }),
  solve: ({ indices, state }) => ({ weights: indices.map((task) => state.weights[task]!) }),
});
