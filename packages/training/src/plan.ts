import { expansionsOf, isRanking, parameterGroups } from '@overparam/core-reparam';
import { learningRate } from '@overparam/engine';
import { OverparamError } from '@overparam/errors';
import type { Network, OpenDataset, Schedule, Task } from '@overparam/plugin';
import { checkAccumulation } from './accumulation';
import { type Balancing, balancingOf, checkBalancedData, checkBalancedNetwork } from './balancing';
import { type TrainingBatches, trainingBatches } from './batches';
import { checkTrunks } from './checks';
import { checkStopping } from './early-stopping';
import { checkFollowing } from './following';
import { checkMixing } from './mixing';
import { buildPlain, networkOfStage } from './network';
import { checkRules } from './parameter-groups';
import type { Recipe } from './recipe';
import { checkRegularisedNetwork, type Regularising, regularisingOf } from './regularising';
import { requireSplit, splitSize } from './splits';
import { checkTeam, type Team, type Teamwork, teamworkOf } from './team';
import { tryRegularising } from './try-regularising';
import { averagingIn, checkAveraging, type WeightAveraging } from './weight-average';

/** Everything about a run that its recipe and its data decide and that training does not change. */
export interface TrainingPlan {
  readonly recipe: Recipe;
  readonly dataset: OpenDataset;
  /** One for each output of the network, in their order. */
  readonly tasks: readonly Task[];
  /** How losses are weighed; null where nothing weighs them, as for a single task. */
  readonly balancing: Balancing | null;
  /** What is added to the loss; null for nothing. */
  readonly regularising: Regularising | null;
  readonly batches: TrainingBatches;
  /** How the work is shared among processes; null for one. */
  readonly teamwork: Teamwork | null;
  /** Gradient evaluations in the whole run. */
  readonly updates: number;
  /** Examples used of each split; `val` is 0 where the dataset has none. */
  readonly sizes: { readonly train: number; readonly test: number; readonly val: number };
  readonly schedule: Schedule;
  /** How weights are averaged, in updates; null where they are not. */
  readonly averaging: WeightAveraging | null;
  /** Learning rate by update. */
  rateAt(update: number): number;
  /** Numbers of parameters of the expanded and of the plain network. */
  readonly parameters: { readonly expanded: number; readonly plain: number };
  /** What a user should know before the run: of the routine's plan and of the method's expansions. */
  readonly notes: readonly string[];
}

function sizesOf({ limit, batch, evaluation }: Recipe, dataset: OpenDataset): TrainingPlan['sizes'] {
  const sizes = {
    train: splitSize(dataset, 'train', limit.train),
    test: splitSize(dataset, 'test', limit.test),
    val: splitSize(dataset, 'val', undefined),
  };
  requireSplit(dataset, 'train');
  requireSplit(dataset, 'test');
  if (batch > sizes.train) {
    throw new OverparamError(
      'batch-too-large',
      `batch: ${batch} is larger than the ${sizes.train} training images that there are. Choose at most ${sizes.train}.`,
    );
  }
  if (evaluation === 'best' && sizes.val === 0) {
    throw new OverparamError(
      'no-validation-split',
      'evaluation: best needs a split "val" to choose the epoch by, and the dataset as configured has none. Hold some training data out (dataset.holdOut), or choose last or meanOfLast.',
    );
  }
  return sizes;
}

/** The expanded network's groups, trunks and warnings, and how many parameters there are with and without expansion. */
function inspect(
  recipe: Recipe,
  dataset: OpenDataset,
  tasks: readonly Task[],
  regularising: Regularising | null,
) {
  const expanded = networkOfStage(recipe, dataset, {
    stage: 'expanded',
    start: 'as configured',
    values: 'zero',
  });
  let plain: Network | null = null;
  try {
    if (regularising) {
      checkRegularisedNetwork(regularising, expanded);
      tryRegularising(regularising, expanded, tasks, dataset.inputShape);
    }
    plain = buildPlain(recipe, dataset);
    checkRules(recipe.parameterGroups, expanded.parameters);
    const groups = parameterGroups(expanded.parameters);
    const { trunks, layout, states, apart } = expanded;
    const layers = expansionsOf(expanded.model);
    return {
      layers: layers.map(({ layer }) => layer),
      network: { trunks, layout, states, apart },
      groups,
      parameters: {
        expanded: groups.reduce((sum, { size }) => sum + size, 0),
        plain: plain.model.trainableWeights.reduce(
          (sum, weight) => sum + weight.shape.reduce<number>((n, size) => n * size!, 1),
          0,
        ),
      },
      warnings: layers.flatMap(({ layer, expansion }) =>
        (expansion.warnings ?? []).map((warning) => `${layer}: ${warning}`),
      ),
    };
  } finally {
    expanded.model.dispose();
    plain?.model.dispose();
  }
}

/**
 * The layers that a ranking chose, by their names: other weights, such as those in the middle of a run, would choose others.
 */
function chosenLayers({ select }: Recipe, layers: readonly string[]) {
  if (!isRanking(select)) return { select: {}, notes: [] };
  const note = `select by ${select.by} expands ${layers.length} ${layers.length === 1 ? 'layer' : 'layers'}: ${layers.join(', ')}`;
  return { select: { select: { any: layers } }, notes: [note] };
}

/**
 * Plans a run on an opened dataset.
 *
 * @param dataset  with the tasks that the run learns, in the order of the network's outputs
 * @param team     the processes that train together, and which of them this is; null for one
 * @throws OverparamError `missing-split`, `batch-too-large`, `unsupported-balancer`, `unsupported-regulariser`,
 *   `unsupported-routine`, `unsupported-mixing`, `unsupported-accumulation`, `unsupported-following`, `workers-unsupported`, `empty-group`,
 *   `no-validation-split`, and
 *   what plugins throw for options and sites
 */
export function planTraining(recipe: Recipe, dataset: OpenDataset, team: Team | null = null): TrainingPlan {
  const { key, batch, epochs, augment, mix, erase, lr } = recipe;
  const sizes = sizesOf(recipe, dataset);
  checkTeam(team, recipe);
  const teamwork = team && teamworkOf(team, batch);
  checkStopping(recipe.earlyStopping, sizes.val);
  checkFollowing(recipe.following, recipe.averageWeights !== null);
  const batches = trainingBatches(dataset, {
    key,
    size: sizes.train,
    batch,
    augment,
    mix,
    erase,
    share: teamwork?.share ?? null,
  });
  const updates = epochs * batches.perEpoch;
  const tasks = dataset.tasks.map((declared) => recipe.task(declared));
  checkMixing(mix, tasks, batch);
  const names = tasks.map(({ name }) => name);
  const balancing = balancingOf(recipe.balancer, names, recipe.gradients);
  if (balancing) {
    checkBalancedData(balancing, { batches: batches.perEpoch, batch, images: sizes.train });
  }
  const { precision } = recipe;
  const regularising = regularisingOf(recipe.regulariser, { tasks: names, batch, precision });
  const { network, groups, parameters, warnings, layers } = inspect(recipe, dataset, tasks, regularising);
  const choice = chosenLayers(recipe, layers);
  if (balancing) checkBalancedNetwork(balancing, network.trunks, network.layout.representations);
  const { part: routine, options } = recipe.routine;
  const schedule = routine.plan(
    { updates, updatesPerEpoch: batches.perEpoch, tasks: names, groups, key },
    options,
  );
  const averaging = averagingIn(recipe.averageWeights, { updates, updatesPerEpoch: batches.perEpoch });
  checkAveraging(averaging, recipe.accumulate);
  checkAccumulation(recipe.accumulate, schedule, updates, routine.name);
  checkTrunks(routine.name, schedule, network, updates);
  return {
    recipe: { ...recipe, ...choice.select },
    dataset,
    tasks,
    balancing,
    regularising,
    batches,
    teamwork,
    updates,
    sizes,
    schedule,
    averaging,
    rateAt: learningRate(lr, updates, batches.perEpoch),
    parameters,
    notes: [...choice.notes, ...schedule.notes, ...warnings],
  };
}
