import type { RunConfig } from './schema';

/** Keys that every completed config has. */
export const configKeys: readonly (keyof RunConfig)[] = [
  'label',
  'method',
  'routine',
  'backbone',
  'dataset',
  'tasks',
  'balancer',
  'gradients',
  'heads',
  'taskOptions',
  'evaluation',
  'epochs',
  'batch',
  'lr',
  'seed',
  'optimiser',
  'weightDecay',
  'augment',
  'statistics',
  'engine',
  'select',
  'limit',
  'checkpoints',
  'plugins',
];
