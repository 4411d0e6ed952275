import { join } from 'node:path';
import { chooseTasks, recipeOf } from '@overparam/config';
import { OverparamError } from '@overparam/errors';
import {
  type Int8Report,
  quantiseNetwork,
  type RangeRule,
  reportTables,
  spreadTable,
  tasksOf,
  usualExamples,
} from '@overparam/quantise';
import { alignColumns, columns, statusLine } from '@overparam/terminal';
import { splitSize } from '@overparam/training';
import { openDataset } from '../run/data';
import { dataDirectory, type Invocation } from './invocation';
import { openRun, type RunArguments, readCollapsed, readRunNetwork } from './saved-run';

/** Arguments of `overparam quantise`. */
export interface QuantiseArguments extends RunArguments {
  readonly to?: string;
  readonly examples?: string;
  readonly range: string;
  readonly polish?: string;
  readonly 'keep-float'?: readonly string[];
  readonly 'data-dir'?: string;
}

/** Beside the run's highest rate: the network is trained already, and is only to move between neighbouring numbers. */
const polishRate = 0.01;

function countOf(option: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new OverparamError('invalid-option', `${option} expects a whole number above 0, and got "${text}".`);
}

/** `model.onnx`, and `model-depth.onnx` for a task's own network. */
const withTask = (path: string, task: string | null) =>
  task === null ? path : path.replace(/(\.\w+)?$/, (ending) => `-${task}${ending}`);

/** Runs `overparam quantise`. */
export async function runQuantise(args: QuantiseArguments, { output, signal }: Invocation): Promise<void> {
  const asked = countOf('--examples', args.examples);
  const epochs = countOf('--polish', args.polish);
  const { config } = await openRun(args, output);
  const recipe = recipeOf(config);
  const status = statusLine(process.stderr);
  const dataset = await openDataset(config, dataDirectory(args['data-dir']), signal);
  try {
    const expanded = await readRunNetwork(args.run, 'expanded');
    const networks = await readCollapsed(args.run, expanded.model);
    expanded.model.dispose();
    const sizes = {
      train: splitSize(dataset, 'train', config.limit.train),
      test: splitSize(dataset, 'test', config.limit.test),
    };
    const place = join(args.run, 'quantised');
    const reports: Int8Report[] = [];
    const texts: string[] = [];
    for (const { task, model, metadata, sha256 = null } of networks) {
      const given = {
        model,
        recipe,
        sizes,
        dataset: chooseTasks(dataset, task === null ? null : [task]),
      };
      const report = await quantiseNetwork(given, {
        task,
        file: withTask(args.to ?? join(place, 'model.onnx'), task),
        examples: asked ?? Math.min(usualExamples(tasksOf(given)), sizes.train),
        rule: args.range as RangeRule,
        float: args['keep-float'] ?? [],
        about: { ...metadata, sha256 },
        polish:
          epochs === null
            ? null
            : {
                epochs,
                rate: config.lr.peak * polishRate,
                folder: join(place, 'polished', ...(task === null ? [] : [task])),
              },
        signal,
        onWork: (what, done, total) => status.show(`${what}: ${done} of ${total}`),
        onSpread: (spread) => {
          const { heading, rows } = spreadTable(spread);
          status.line(alignColumns(heading, rows, [false, true, true, true]));
        },
        listeners: {
          onEpoch({ history }) {
            const { epoch, train, test } = history.at(-1)!;
            status.line(`epoch ${epoch}: loss ${train.loss.toFixed(4)}, test loss ${test.loss.toFixed(4)}`);
          },
          onUpdate: ({ update, updates, loss }) =>
            status.show(`polishing: ${update} of ${updates}, loss ${loss.toFixed(3)}`),
        },
      });
      reports.push(report);
      texts.push(...reportTables(report, tasksOf(given)).map((table) => columns(table)));
      model.dispose();
    }
    status.end();
    output.result(reports.length === 1 ? reports[0]! : { networks: reports }, texts.join('\n\n'));
  } catch (error) {
    status.end();
    if (signal.aborted) throw new OverparamError('interrupted', 'Stopped; nothing was written.');
    throw error;
  } finally {
    await dataset.close();
  }
}
