import { OverparamError } from '@overparam/errors';
import { columns } from '@overparam/terminal';
import { createEvaluator, splitSize } from '@overparam/training';
import { recipeOf } from '../config/recipe';
import { openDataset } from '../run/data';
import { dataDirectory, type Invocation } from './invocation';
import { openRun, readCollapsed, readRunNetwork } from './saved-run';

/** Arguments of `overparam evaluate`. */
export interface EvaluateArguments {
  readonly run: string;
  readonly network?: string;
  readonly 'data-dir'?: string;
  readonly engine?: string;
}

/** Runs `overparam evaluate`. */
export async function runEvaluate(args: EvaluateArguments, { output, signal }: Invocation): Promise<void> {
  const { config } = await openRun(args.run, args.engine, output);
  const dataset = await openDataset(config, dataDirectory(args['data-dir']), signal);
  try {
    const expanded = await readRunNetwork(args.run, 'expanded');
    const read = args.network === 'final' ? [expanded] : await readCollapsed(args.run, expanded.model);
    const models = read.map(({ model }) => model);
    if (args.network !== 'final') expanded.model.dispose();
    const recipe = recipeOf(config);
    const size = splitSize(dataset, 'test', config.limit.test);
    const evaluator = createEvaluator(
      models,
      dataset.tasks.map((declared) => recipe.task(declared)),
      dataset,
      {
        split: 'test',
        size,
        batch: config.batch,
        signal,
      },
    );
    try {
      const { scores } = await evaluator.run();
      const network = args.network ?? 'collapsed';
      output.result(
        { network, images: size, scores },
        columns([
          [`${network} network`, `${size} test images`],
          ['loss', scores.loss.toFixed(4)],
          ...Object.entries(scores.byTask).flatMap(([task, { loss, figures }]) =>
            Object.entries({ loss, ...figures }).map(([name, value]) => [
              `${task} ${name}`,
              value?.toFixed(4) ?? '-',
            ]),
          ),
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
