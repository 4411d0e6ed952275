import { pooledHead, segnetHead } from '@overparam/mtl-heads';
import type { Head, TaskForm } from '@overparam/plugin';

/** The heads of networks for tasks that bring none, where they have none of their own. */
export const ownHeads: Readonly<Record<TaskForm, Head>> = {
  class: pooledHead,
  vector: pooledHead,
  dense: segnetHead,
};
