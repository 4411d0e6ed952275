import { checkOptions, registered } from '@overparam/plugin';
import { isForAll } from './heads';
import { differences } from './saved';
import type { Choice, HeadChoice, RunConfig } from './schema';

/** Options that are one word, number or list of such, by their path: `augmentation.sideEffects`. */
function flatOptions(options: Readonly<Record<string, unknown>>, path = ''): [string, string][] {
  return Object.entries(options).flatMap(([key, value]): [string, string][] => {
    if (Array.isArray(value)) return [[path + key, JSON.stringify(value)]];
    if (typeof value === 'object' && value !== null)
      return flatOptions(value as Record<string, unknown>, `${path}${key}.`);
    const shown = ['string', 'number', 'boolean'].includes(typeof value);
    return shown ? [[path + key, String(value)]] : [];
  });
}

/** `resnet (depth 8)`: a choice with those options that are not the default. */
export function choiceText(
  kind: 'backbone' | 'dataset' | 'balancer' | 'regulariser' | 'head',
  { name, ...options }: Choice,
): string {
  // A plugin that is not loaded, as that of a run that somebody else made, says nothing of its defaults.
  const part = registered(kind).find((one) => one.name === name);
  const { options: standard = {} } = part ? checkOptions(part.options) : {};
  const defaults = new Map(flatOptions(standard as Record<string, unknown>));
  const shown = part ? flatOptions(options).filter(([path, value]) => value !== defaults.get(path)) : [];
  return shown.length === 0
    ? name
    : `${name} (${shown.map(([path, value]) => `${path} ${value}`).join(', ')})`;
}

/** What of the tasks' training and measuring is not the default; the balancer, where there is something to balance. */
function taskTexts(row: RunConfig, tasks: number): string[] {
  const { balancer, gradients, regulariser, heads, taskOptions, statistics } = row;
  const defaults = new Map([
    ['labelSmoothing', '0'],
    ['absentClass', 'skip'],
    ['metricMode', 'split'],
  ]);
  const chosen = flatOptions(taskOptions).filter(([name, value]) => value !== defaults.get(name));
  return [
    ...(tasks > 1 ? [`balancer ${choiceText('balancer', balancer)}`] : []),
    ...(tasks > 1 && gradients !== 'parameters' ? [`gradients of the ${gradients}`] : []),
    ...(tasks > 1 && regulariser !== null ? [`regulariser ${choiceText('regulariser', regulariser)}`] : []),
    ...headTexts(heads),
    ...(statistics === 'biased' ? ['biased statistics of norms'] : []),
    ...chosen.map(([name, value]) => `${name} ${value}`),
  ];
}

function headTexts(heads: RunConfig['heads']): string[] {
  const text = (choice: HeadChoice) => (typeof choice === 'string' ? choice : choiceText('head', choice));
  if (heads === null) return [];
  if (isForAll(heads)) return [`heads ${text(heads)}`];
  return Object.entries(heads).map(([task, choice]) => `head of ${task} ${text(choice)}`);
}

/** Whether a path of a config was chosen for each row, by itself or with what it is a part of. */
function isChosen(path: string, keys: readonly string[]): boolean {
  return keys.some((key) => path === key || path.startsWith(`${key}.`));
}

function averagingText(averaging: NonNullable<RunConfig['averageWeights']>): string {
  if (averaging.by !== 'swa') return `weights averaged with decay ${averaging.decay}`;
  const length = (given: object) =>
    Object.entries(given)
      .map(([unit, value]) => (unit === 'share' ? `${value * 100} % of the run` : `${value} ${unit}`))
      .join();
  return `weights averaged equally (SWA) from ${length(averaging.from)}, every ${length(averaging.every)}`;
}

/** The recipe that all rows share, unless a row says otherwise. */
export function recipeText(row: RunConfig, tasks: number, keys: readonly string[]): string {
  const {
    accumulate,
    earlyStopping,
    optimiser,
    lr,
    weightDecay,
    parameterGroups,
    clip,
    averageWeights,
    augment,
    mix,
    erase,
    validation,
    precision,
  } = row;
  const { name, peak, schedule } = { ...lr, name: optimiser.name };
  const told = (path: string, value: number) => (isChosen(path, keys) ? 'chosen for each row' : value);
  const nesterov = 'nesterov' in optimiser && optimiser.nesterov ? ' with Nesterov momentum' : '';
  return [
    `${name}${nesterov}`,
    `peak rate ${told('lr.peak', peak)} (${schedule})`,
    `weight decay ${told('weightDecay.coefficient', weightDecay.coefficient)}`,
    ...(accumulate > 1 ? [`mean gradients of ${accumulate} batches`] : []),
    ...(earlyStopping ? [`early stopping after ${earlyStopping.patience} epochs`] : []),
    ...(parameterGroups.length > 0 ? [`${parameterGroups.length} parameter groups`] : []),
    ...(clip ? [`gradients clipped by ${clip.by} at ${clip.limit}`] : []),
    ...(averageWeights ? [averagingText(averageWeights)] : []),
    augment ? 'augmented' : 'not augmented',
    ...(mix ? [`${mix.by} (alpha ${mix.alpha}, in ${mix.probability * 100} % of batches)`] : []),
    ...(erase ? [erase.by === 'cutout' ? `cutout ${erase.size}` : 'random erasing'] : []),
    ...(validation === null
      ? []
      : [
          `measured on a validation share of ${validation.share} of the training images, not on the test split`,
        ]),
    ...(precision === 'float32' ? [] : [`activations in ${precision}`]),
    ...taskTexts(row, tasks),
  ].join(', ');
}

/** `TriRep: lr.peak` for every row whose recipe is not the first row's, but for what was chosen. */
export function recipeDifferences(rows: readonly RunConfig[], keys: readonly string[]): string[] {
  const recipe = ({
    method: _method,
    routine: _routine,
    label: _label,
    select: _select,
    // These change no result.
    recompute: _recompute,
    layerRecords: _layerRecords,
    ...rest
  }: RunConfig) => rest;
  return rows.flatMap((row) => {
    const all = differences(recipe(rows[0]!), recipe(row));
    const paths = all.filter((path) => !isChosen(path, keys));
    return paths.length === 0 ? [] : [`${row.label}: ${paths.join(', ')}`];
  });
}
