import { availableParallelism, freemem, totalmem } from 'node:os';
import { type EngineName, engines as known, useEngine } from '@overparam/engine';
import { describeStatus, type LibraryStatus, libraryStatus } from '@overparam/engine-tensorflow/library';
import { isOverparamError } from '@overparam/errors';
import { type Dataset, parseOptions, registered } from '@overparam/plugin';
import { columns } from '@overparam/terminal';
import * as tf from '@tensorflow/tfjs';
import { loadDefaultPlugins, loadPlugins } from '../config/plugins';
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
  return { engines, auto: await attempt('auto') };
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

/**
 * Whether each dataset's files are there, with its default options. Reading all of them takes long and is what `data
 * verify` is for: a dataset looks for its files first, and at the signal before it reads them.
 */
async function dataFindings(dataDir: string): Promise<EngineFinding[]> {
  const findings: EngineFinding[] = [];
  const signal = AbortSignal.abort();
  for (const dataset of registered('dataset') as readonly Dataset[]) {
    const { name } = dataset;
    try {
      const checks = await dataset.verify(parseOptions(dataset.options), { dataDir, signal });
      const wrong = checks.find(({ ok }) => !ok);
      const detail = wrong ? `${wrong.what}: ${wrong.detail}` : 'verified';
      findings.push({ name, ok: wrong === undefined, detail });
    } catch (error) {
      const found = isOverparamError(error) && error.code === 'aborted';
      const problem = (error as Error).message.split('\n')[0]!;
      const detail = found
        ? `found, not read; all of it is checked by: overparam data verify ${name}`
        : problem;
      findings.push({ name, ok: found, detail });
    }
  }
  return findings;
}

/** What `overparam doctor` takes. */
export interface DoctorArguments {
  readonly 'data-dir'?: string;
}

/** Runs `overparam doctor`. */
export async function runDoctor(args: DoctorArguments, { output, plugins }: Invocation): Promise<void> {
  await loadDefaultPlugins();
  await loadPlugins(plugins, process.cwd());
  const { engines, auto } = await engineFindings();
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
  const mark = ({ name, ok, detail }: EngineFinding) => [`  ${name}`, ok ? 'yes' : 'no', detail];
  output.result(
    { ...machine, engines, auto, library: library.status ?? { problem: library.text }, datasets },
    [
      columns(Object.entries(machine).map(([name, value]) => [name, String(value)])),
      `engines (auto takes ${auto.name}: ${auto.detail})`,
      columns(engines.map(mark)),
      "TensorFlow's library",
      library.text.replace(/^/gm, '  '),
      'data',
      columns(datasets.map(mark)),
    ].join('\n'),
  );
}
