import { type LoadedConfig, type Request, resolveComparison, resolveConfig } from '@overparam/config';
import { clockText, columns, createProgressView, showWork, stepLines } from '@overparam/terminal';
import { equalCompute } from '../compare/controls';
import { physicalCores, runsAtOnce } from '../compare/cores';
import { type Forecast, forecastRun } from '../run/forecast';
import type { Invocation } from './invocation';

/** `2:13:20`, or a dash where there was nothing to time. */
const time = (seconds: number) => (Number.isNaN(seconds) ? '-' : clockText(seconds));

const size = (bytes: number | null) => (bytes === null ? '-' : `${(bytes / 1e9).toFixed(1)} GB`);

const secondsOf = ({ updates, secondsPerUpdate }: Forecast) => updates * secondsPerUpdate;

function table(forecasts: readonly Forecast[]): string {
  return columns([
    ['row', 'updates', 'epochs', 'images', 'parameters', 's/update', 'updates take', 'memory'],
    ...forecasts.map((forecast) => [
      forecast.label,
      forecast.updates.toLocaleString('en'),
      String(forecast.epochs),
      forecast.trainImages.toLocaleString('en'),
      forecast.parameters.expanded.toLocaleString('en'),
      Number.isNaN(forecast.secondsPerUpdate) ? '-' : forecast.secondsPerUpdate.toPrecision(2),
      time(secondsOf(forecast)),
      size(forecast.memory),
    ]),
  ]);
}

const howTimed =
  'Times are those of a few updates of the first phase, made now and thrown away; evaluation after each epoch, later phases and collapse come on top. Nothing was written.';

function listeners(stderr: NodeJS.WriteStream) {
  const view = createProgressView(stderr);
  const steps = stepLines((text) => view.line(text));
  return {
    onNote: (text: string) => view.line(text),
    onData: showWork(stderr),
    onLayer: (done: number, total: number, layer: string) => steps('layers expanded', done, total, layer),
  };
}

/** What `overparam train --dry-run` says of one run. */
export async function runTrainForecast(
  loaded: LoadedConfig,
  request: Request,
  dataDir: string,
  { output, signal }: Invocation,
): Promise<void> {
  const { config, engine } = await resolveConfig(loaded, request);
  const callbacks = listeners(process.stderr);
  const forecast = await forecastRun(config, { dataDir, signal, callbacks });
  const text = `${table([forecast])}\n\nOn ${engine.description}, seed ${config.seed}. ${howTimed}`;
  output.result({ runs: [forecast], engine: engine.description }, text);
}

/** What `overparam compare --dry-run` says of all runs. */
export async function runCompareForecast(
  loaded: LoadedConfig,
  request: Request,
  { dataDir, jobs, workers }: { readonly dataDir: string; readonly jobs?: number; readonly workers: number },
  { output, signal }: Invocation,
): Promise<void> {
  const callbacks = listeners(process.stderr);
  const note = callbacks.onNote;
  const { resolved } = await equalCompute(await resolveComparison(loaded, request), {
    dataDir,
    signal,
    note,
  });
  const { rows, seeds, reference, sweep, engine, launcher } = resolved;
  const forecasts: Forecast[] = [];
  for (const row of rows) forecasts.push(await forecastRun(row, { dataDir, signal, callbacks }));
  const runs = rows.length * seeds.length;
  const threads = rows[0]!.engine.threads ?? (engine.threads === 'one' ? 1 : null);
  // How many tasks run at a time on a cluster, that cluster decides.
  const isHere = launcher.name === 'local';
  const atOnce = isHere ? Math.min(jobs ?? runsAtOnce(runs, physicalCores(), threads, workers), runs) : null;
  const all = seeds.length * forecasts.reduce((sum, forecast) => sum + secondsOf(forecast), 0);
  const seconds = all / (atOnce ?? 1);
  const counted = `${runs} runs (${rows.length} rows, ${seeds.length} seeds)`;
  const lines = [
    table(forecasts),
    '',
    isHere
      ? `${counted}, ${atOnce} at a time, on ${engine.description}: about ${time(seconds)} of updates where runs at a time do not slow each other.`
      : `${counted} as tasks of ${launcher.name}: about ${time(seconds)} of updates in all, at this machine's pace on ${engine.description}.`,
    ...(sweep ? ['What is tried to choose settings comes before them, and is not in these figures.'] : []),
    ...(reference ? ['The single-task networks come on top.'] : []),
    ...(workers > 1
      ? ['Times and memory are those of one process by itself, and not of the workers of a run.']
      : []),
    howTimed,
  ];
  output.result({ runs: forecasts, seeds: seeds.length, atOnce, seconds }, lines.join('\n'));
}
