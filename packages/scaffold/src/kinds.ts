/** What can be begun, and what a reader of its folder wants to know of each. */
export const scaffoldKinds = {
  method: {
    is: 'a method: how one layer becomes a larger one, and what plain layer that is again',
    guide: 'writing-a-method.md',
  },
  routine: {
    is: 'a routine: which parameters move when',
    guide: 'writing-a-plugin.md#a-routine',
  },
  dataset: {
    is: 'a dataset: splits, tasks, and how an example is written into a batch',
    guide: 'writing-a-plugin.md#a-dataset',
  },
  backbone: {
    is: 'a backbone: a network with an output for each task',
    guide: 'writing-a-plugin.md#a-backbone',
  },
  balancer: {
    is: 'a balancer: how the losses of several tasks are weighed',
    guide: 'writing-a-plugin.md#a-balancer',
  },
  task: {
    is: 'a kind of task: its loss and its metrics, with data to try it on',
    guide: 'writing-a-plugin.md#a-kind-of-task',
  },
} as const satisfies Record<string, { readonly is: string; readonly guide: string }>;

/** A kind of part that {@link scaffold} can begin. */
export type ScaffoldKind = keyof typeof scaffoldKinds;
