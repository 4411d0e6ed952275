import { availableParallelism, freemem, totalmem } from 'node:os';
import { loadDefaultPlugins, loadPlugins } from '@overparam/config';
import {
  type EngineName,
  engines as known,
  type OpTiming,
  precisionProblem,
  timePrecisions,
  useEngine,
} from '@overparam/engine';
import { describeStatus, type LibraryStatus, libraryStatus } from '@overparam/engine-tensorflow/library';
import { type Dataset, parseOptions, registered } from '@overparam/plugin';
import { columns } from '@overparam/terminal';
import * as tf from '@tensorflow/tfjs';
import { dataDirectory, type Invocation } from './invocation';
import { packageVersion } from './version';

interface EngineFinding {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** Tries every engine, then asks which one `auto` takes. */
async function engineFindings(): Promise<{
  readonly engines: EngineFinding[];
  readonly auto: EngineFinding;
  readonly precision: string;
}> {
  const attempt = async (name: EngineName | 'auto'): Promise<EngineFinding> => {
    try {
      const info = await useEngine(name);
      return { name: info.name, ok: true, detail: [info.description, ...info.notes].join('; ') };
    } catch (error) {
      return { name, ok: false, detail: (error as Error).message.split('\n')[0]! };
    }
  };
  const engines: EngineFinding[] = [];
  for (const { name } of known) engines.push(await attempt(name));
  const auto = await attempt('auto');
  return { engines, auto, precision: await precisionFinding() };
}

/** Whether the engine that `auto` takes trains in bfloat16, and what that gains, timed now. */
async function precisionFinding(): Promise<string> {
  const timing = await timePrecisions();
  if (timing === null) return `no: ${precisionProblem('bfloat16')}`;
  const beside = ({ float32, bfloat16 }: Pick<OpTiming, 'float32' | 'bfloat16'>) =>
    `${bfloat16.toFixed(1)} ms, ${float32.toFixed(1)} ms in float32 (${(float32 / bfloat16).toFixed(2)} times as fast)`;
  const slow = timing.withoutKernel.map((op) => `; ${op.name} has no fast kernel here: ${beside(op)}`);
  return `yes: a convolution and its gradients took ${beside(timing)}${slow.join('')}`;
}

/** What of TensorFlow is where, for the native engine; or why there can be none here. */
async function libraryFindings(): Promise<{ readonly status: LibraryStatus | null; readonly text: string }> {
  try {
    const status = await libraryStatus();
    return { status, text: describeStatus(status) };
  } catch (error) {
    return { status: null, text: (error as Error).message };
  }
}

/** What a dataset says of itself; `ok` is null where it cannot tell without reading everything. */
interface DataFinding {
  readonly name: string;
  readonly ok: boolean | null;
  readonly detail: string;
}

/**
 * Whether each dataset is there, with its default options. Whether it is sound takes reading all of it, which is what
 * `data verify` is for.
 */
async function dataFindings(dataDir: string): Promise<DataFinding[]> {
  const datasets = registered('dataset') as readonly Dataset[];
  return Promise.all(datasets.map((dataset) => dataFinding(dataset, dataDir)));
}

async function dataFinding(dataset: Dataset, dataDir: string): Promise<DataFinding> {
  const { name } = dataset;
  const all = `all of it is checked by: overparam data verify ${name}`;
  if (dataset.present === undefined) return { name, ok: null, detail: `does not say; ${all}` };
  try {
    const { ok, detail } = await dataset.present(parseOptions(dataset.options), { dataDir });
    return { name, ok, detail: ok ? `${detail}; not read, ${all}` : detail };
  } catch (error) {
    return { name, ok: false, detail: (error as Error).message.split('\n')[0]! };
  }
}

/** What `overparam doctor` takes. */
export interface DoctorArguments {
  readonly 'data-dir'?: string;
}

/** Runs `overparam doctor`. */
export async function runDoctor(args: DoctorArguments, { output, plugins }: Invocation): Promise<void> {
  await loadDefaultPlugins();
  await loadPlugins(plugins, process.cwd());
  const { engines, auto, precision } = await engineFindings();
  const library = await libraryFindings();
  const datasets = await dataFindings(dataDirectory(args['data-dir']));
  const gib = (bytes: number) => Math.round((bytes / 2 ** 30) * 10) / 10;
  const machine = {
    overparam: packageVersion(),
    node: process.version,
    tfjs: tf.version.tfjs,
    platform: `${process.platform} ${process.arch}`,
    cores: availableParallelism(),
    memoryGiB: gib(totalmem()),
    freeMemoryGiB: gib(freemem()),
  };
  const mark = ({ name, ok, detail }: DataFinding) => [
    `  ${name}`,
    ok === null ? '-' : ok ? 'yes' : 'no',
    detail,
  ];
  output.result(
    {
      ...machine,
      engines,
      auto,
      bfloat16: precision,
      library: library.status ?? { problem: library.text },
      datasets,
    },
    [
      columns(Object.entries(machine).map(([name, value]) => [name, String(value)])),
      `engines (auto takes ${auto.name}: ${auto.detail})`,
      columns(engines.map(mark)),
      `bfloat16 on ${auto.name}`,
      `  ${precision}`,
      "TensorFlow's library",
      library.text.replace(/^/gm, '  '),
      'data',
      columns(datasets.map(mark)),
    ].join('\n'),
  );
}
