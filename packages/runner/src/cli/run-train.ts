import { join } from 'node:path';
import { isOverparamError } from '@overparam/errors';
import { columns, createProgressView, type ProgressView, showWork, stepLines } from '@overparam/terminal';
import { parentLink } from '../compare/parent-link';
import { readConfig } from '../config/read';
import { resolveConfig } from '../config/resolve';
import type { RunConfig } from '../config/schema';
import { isRunFolder, type MetricsLine, type RunResult, readRun } from '../run/files';
import { type TrainCallbacks, trainRun } from '../train/run';
import { dataDirectory, type Invocation } from './invocation';
import { type ConfigArguments, requestOf } from './request';

/** Arguments of `overparam train`. */
export interface TrainArguments extends ConfigArguments {
  readonly config: string;
  readonly 'data-dir'?: string;
  readonly out?: string;
  readonly resume?: boolean;
}

/** `runs/resnet-fnl-joint-seed0`, the folder of a run that was given none. */
function defaultFolder({ backbone, method, routine, seed }: RunConfig): string {
  return join('runs', `${backbone.name}-${method.name}-${routine.name}-seed${seed}`);
}

/** A task's headline figure: `top1Error`, or `segmentation/mIoU` and so on. */
function headlines({ metrics }: RunResult): RunResult['metrics'] {
  return metrics.filter(({ task }, index) => metrics.findIndex((other) => other.task === task) === index);
}

/** The result as a person reads it. */
function resultText(result: RunResult, folder: string): string {
  const shown = (value: number | undefined | null, unit: string) =>
    typeof value === 'number' ? `${value.toFixed(unit === 'm' ? 4 : 2)} ${unit}`.trim() : '-';
  const figures = headlines(result).flatMap(({ figure, name, unit }) => {
    const title = name === 'top1Error' ? figure.replace(name, 'top-1 error') : figure;
    return [
      [`${title}, as trained`, shown(result.final[figure], unit)],
      [`${title}, collapsed`, shown(result.collapsed[figure], unit)],
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

/** Short names of headline figures in lines about epochs. */
const shortNames: readonly (readonly [figure: string, name: string, unit: string, digits: number])[] = [
  ['top1Error', 'top-1 error', ' %', 2],
  ['mIoU', 'mIoU', ' %', 2],
  ['absoluteError', 'depth error', ' m', 3],
  ['meanAngle', 'angle', '°', 1],
];

/** `, mIoU 8.87 %, depth error 0.955 m`: what an epoch's line has of the figures above. */
function figuresText(line: MetricsLine): string {
  return Object.entries(line)
    .flatMap(([name, value]) => {
      const known = shortNames.find(([figure]) => name === figure || name.endsWith(`/${figure}`));
      return known && typeof value === 'number'
        ? [`, ${known[1]} ${value.toFixed(known[3])}${known[2]}`]
        : [];
    })
    .join('');
}

function callbacksFor(view: ProgressView, link: ReturnType<typeof parentLink>): TrainCallbacks {
  const steps = stepLines((text) => {
    view.line(text);
    link?.send({ type: 'work', text });
  });
  return {
    onLayer: (done, total, layer) => steps('layers expanded', done, total, layer),
    onData: showWork(process.stderr),
    onNote: (text) => view.line(text),
    onStart(start) {
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
    onEpoch(line) {
      view.line(
        `epoch ${line.epoch}: loss ${line.trainLoss.toFixed(4)}, test loss ${line.testLoss.toFixed(4)}${figuresText(line)}`,
      );
    },
  };
}

/** On `--resume` without another wish, the engine that the run began on: another would not go on bit for bit. */
async function savedEngine(args: TrainArguments): Promise<string | undefined> {
  if (args.engine !== undefined) return args.engine;
  if (!args.resume || args.out === undefined || !isRunFolder(args.out)) return undefined;
  return (await readRun(args.out)).config.engine.name;
}

/** Runs `overparam train`. */
export async function runTrain(args: TrainArguments, invocation: Invocation): Promise<void> {
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
      callbacks: callbacksFor(view, link),
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
