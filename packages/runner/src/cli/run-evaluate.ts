import { recipeOf } from '@overparam/config';
import { type Precision, requirePrecision } from '@overparam/engine';
import { OverparamError } from '@overparam/errors';
import type { OpenDataset } from '@overparam/plugin';
import { contentHashes, differingSplits, readDataRecord } from '@overparam/run-folder';
import { columns } from '@overparam/terminal';
import { type Agreement, createEvaluator, predictionAgreement, splitSize } from '@overparam/training';
import { openDataset } from '../run/data';
import { dataDirectory, type Invocation } from './invocation';
import type { Output } from './output';
import { openRun, readCollapsed, readRunNetwork } from './saved-run';

/** Arguments of `overparam evaluate`. */
export interface EvaluateArguments {
  readonly run: string;
  readonly network?: string;
  readonly 'data-dir'?: string;
  readonly engine?: string;
  readonly precision?: Precision;
  readonly 'allow-plugins'?: boolean;
}

/** Says so where the images are not those that the run was trained beside: that may be what one wants. */
async function noteOtherData(
  run: string,
  dataset: OpenDataset,
  test: number,
  images: string,
  output: Output,
): Promise<void> {
  const before = await readDataRecord(run);
  if (before === null) return;
  if (differingSplits(before.splits, await contentHashes(dataset, { test })).length === 0) return;
  output.say(`These are not the ${images} images that "${run}" was trained beside (${before.provenance}).`);
}

/** How near the predictions are to those in float32. */
function agreementRows(precision: Precision, agreement: Readonly<Record<string, Agreement>>): string[][] {
  return Object.entries(agreement).flatMap(([task, { gap, sameClass }]) => [
    [`${task}: ${precision} against float32`, `${gap.toExponential(1)} apart at most, relatively`],
    ...(sameClass === null ? [] : [['', `${(100 * sameClass).toFixed(2)} % the same class`]]),
  ]);
}

/** Runs `overparam evaluate`. */
export async function runEvaluate(args: EvaluateArguments, { output, signal }: Invocation): Promise<void> {
  const { config } = await openRun(args, output);
  const { precision = 'float32' } = args;
  requirePrecision(precision);
  const dataset = await openDataset(config, dataDirectory(args['data-dir']), signal);
  try {
    const expanded = await readRunNetwork(args.run, 'expanded');
    const read = args.network === 'final' ? [expanded] : await readCollapsed(args.run, expanded.model);
    const models = read.map(({ model }) => model);
    if (args.network !== 'final') expanded.model.dispose();
    const recipe = recipeOf(config);
    const size = splitSize(dataset, 'test', recipe.limit.test);
    const images = config.validation === null ? 'test' : 'validation';
    await noteOtherData(args.run, dataset, size, images, output);
    const tasks = dataset.tasks.map((declared) => recipe.task(declared));
    const options = { split: 'test', size, batch: config.batch, precision, signal };
    const evaluator = createEvaluator(models, tasks, dataset, {
      ...options,
      frozen: args.network !== 'final',
    });
    try {
      const { scores } = await evaluator.run();
      const agreement =
        precision === 'float32' ? null : await predictionAgreement(models, tasks, dataset, options);
      const network = args.network ?? 'collapsed';
      output.result(
        { network, images: size, precision, scores, ...(agreement && { agreement }) },
        columns([
          [`${network} network`, `${size} ${images} images`],
          ['loss', scores.loss.toFixed(4)],
          ...Object.entries(scores.byTask).flatMap(([task, { loss, figures }]) =>
            Object.entries({ loss, ...figures }).map(([name, value]) => [
              `${task} ${name}`,
              value?.toFixed(4) ?? '-',
            ]),
          ),
          ...agreementRows(precision, agreement ?? {}),
        ]),
      );
    } catch (error) {
      if (signal.aborted) throw new OverparamError('interrupted', 'Stopped; nothing was written.');
      throw error;
    } finally {
      evaluator.dispose();
      for (const model of models) model.dispose();
    }
  } finally {
    await dataset.close();
  }
}
