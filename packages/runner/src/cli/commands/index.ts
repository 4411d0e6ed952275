/**
 * The commands by name, loaded when they are called or shown. A command's own file holds its arguments only;
 * what it does is imported when it runs, so that help does not wait for TensorFlow.js.
 */
export const commands = {
  train: () => import('./train').then(({ trainCommand }) => trainCommand),
  compare: () => import('./compare').then(({ compareCommand }) => compareCommand),
  collapse: () => import('./collapse').then(({ collapseCommand }) => collapseCommand),
  verify: () => import('./verify').then(({ verifyCommand }) => verifyCommand),
  evaluate: () => import('./evaluate').then(({ evaluateCommand }) => evaluateCommand),
  list: () => import('./list').then(({ listCommand }) => listCommand),
  doctor: () => import('./doctor').then(({ doctorCommand }) => doctorCommand),
  engine: () => import('./engine').then(({ engineCommand }) => engineCommand),
  data: () => import('./data').then(({ dataCommand }) => dataCommand),
} as const;
