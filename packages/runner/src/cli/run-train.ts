import { join } from 'node:path';
import { type RunConfig, readConfig, resolveConfig } from '@overparam/config';
import { isOverparamError } from '@overparam/errors';
import { type FigureSpec, figureText, figureTitle, headlines, type RunResult } from '@overparam/report';
import { isRunFolder, orphanPatience } from '@overparam/run-folder';
import { readRunConfig } from '@overparam/saved-runs';
import { columns, createProgressView, type ProgressView, showWork, stepLines } from '@overparam/terminal';
import type { Scores } from '@overparam/training';
import { parentLink } from '../compare/parent-link';
import { type TrainCallbacks, trainRun } from '../run/train-run';
import { dataDirectory, type Invocation } from './invocation';
import { type ConfigArguments, requestOf } from './request';
import { runTrainForecast } from './run-forecast';

/** Arguments of `overparam train`. */
export interface TrainArguments extends ConfigArguments {
  readonly config: string;
  readonly 'data-dir'?: string;
  readonly out?: string;
  readonly resume?: boolean;
  readonly 'dry-run'?: boolean;
  readonly tensorboard?: boolean;
}

/** `runs/resnet-fnl-joint-seed0`, the folder of a run that was given none. */
function defaultFolder({ backbone, method, routine, seed }: RunConfig): string {
  return join('runs', `${backbone.name}-${method.name}-${routine.name}-seed${seed}`);
}

/** The result as a person reads it. */
function resultText(result: RunResult, folder: string): string {
  const several = Object.keys(result.collapsed.byTask).length > 1;
  const shown = (scores: Scores, figure: FigureSpec) =>
    figureText(figure, scores.byTask[figure.task]?.figures[figure.name] ?? null);
  const figures = headlines(result.metrics).flatMap((figure) => {
    const title = several ? `${figure.task} ${figureTitle(figure)}` : figureTitle(figure);
    return [
      [`${title}, as trained`, shown(result.final, figure)],
      [`${title}, collapsed`, shown(result.collapsed, figure)],
    ];
  });
  const gap = `${result.collapseGap.toExponential(1)} (at most ${result.collapseTolerance.toExponential(0)})`;
  const networks = result.deployNetworks === 1 ? '' : ` in ${result.deployNetworks} networks`;
  return columns([
    ...figures,
    ['collapse gap', gap],
    ['parameters in training', result.trainParameters.toLocaleString('en')],
    ['parameters deployed', `${result.deployParameters.toLocaleString('en')}${networks}`],
    ['run folder', folder],
  ]);
}

function callbacksFor(
  view: ProgressView,
  link: ReturnType<typeof parentLink>,
  measuredOn: 'test' | 'validation',
): TrainCallbacks {
  const steps = stepLines((text) => {
    view.line(text);
    link?.send({ type: 'work', text });
  });
  let shown: readonly FigureSpec[] = [];
  return {
    onLayer: (done, total, layer) => steps('layers expanded', done, total, layer),
    onData: showWork(process.stderr),
    onNote: (text) => view.line(text),
    onStart(start) {
      shown = headlines(start.metrics);
      const { expanded, plain } = start.parameters;
      view.line(
        `${start.updates} updates in ${start.epochs} epochs on ${start.trainImages} images; ` +
          `${expanded.toLocaleString('en')} parameters in training, ${plain.toLocaleString('en')} in the plain network.` +
          (start.done > 0 ? ` Going on after update ${start.done}.` : ''),
      );
      link?.send({ type: 'progress', done: start.done, total: start.updates });
    },
    onUpdate({ update, updates, epoch, loss }) {
      view.show(update, updates, `epoch ${epoch}  loss ${loss.toFixed(3)}`);
      link?.send({ type: 'progress', done: update, total: updates });
    },
    onEpoch({ epoch, train, test }) {
      const figures = shown.map((figure) => {
        const value = test.byTask[figure.task]?.figures[figure.name] ?? null;
        return `, ${figureTitle(figure)} ${figureText(figure, value)}`;
      });
      view.line(
        `epoch ${epoch}: loss ${train.loss.toFixed(4)}, ${measuredOn} loss ${test.loss.toFixed(4)}${figures.join('')}`,
      );
    },
  };
}

/** On `--resume` without another wish, the engine that the run began on: another would not go on bit for bit. */
async function savedEngine(args: TrainArguments): Promise<string | undefined> {
  if (args.engine !== undefined) return args.engine;
  if (!args.resume || args.out === undefined || !isRunFolder(args.out)) return undefined;
  return (await readRunConfig(args.out)).engine.name;
}

/** Runs `overparam train`. */
export async function runTrain(args: TrainArguments, invocation: Invocation): Promise<void> {
  if (args['dry-run']) {
    const loaded = await readConfig(args.config);
    return runTrainForecast(loaded, requestOf(invocation, args), dataDirectory(args['data-dir']), invocation);
  }
  const link = parentLink();
  const view = createProgressView(process.stderr);
  try {
    const loaded = await readConfig(args.config);
    const request = requestOf(invocation, { ...args, engine: await savedEngine(args) });
    const { config, engine } = await resolveConfig(loaded, request);
    view.line(`${config.label}, seed ${config.seed}, on ${engine.description}`);
    for (const note of engine.notes) view.line(note);
    const out = args.out ?? defaultFolder(config);
    const result = await trainRun(config, {
      out,
      dataDir: dataDirectory(args['data-dir']),
      configFolder: loaded.folder,
      resume: args.resume,
      tensorboard: args.tensorboard,
      callbacks: callbacksFor(view, link, config.validation === null ? 'test' : 'validation'),
      // A comparison that was killed has runs that save their state before they end.
      ...(link && { patience: orphanPatience }),
      signal: link ? AbortSignal.any([invocation.signal, link.signal]) : invocation.signal,
    });
    view.end();
    invocation.output.result(result, resultText(result, out));
  } catch (error) {
    view.end();
    if (isOverparamError(error)) await link?.send({ type: 'error', message: error.message });
    throw error;
  }
}
