import { availableParallelism, freemem, totalmem } from 'node:os';
import { type Dataset, registered } from '@overparam/core-reparam';
import { type EngineName, useEngine } from '@overparam/engine';
import { describeStatus, type LibraryStatus, libraryStatus } from '@overparam/engine-tensorflow/library';
import * as tf from '@tensorflow/tfjs';
import { loadDefaultPlugins } from '../config/plugins';
import { dataDirectory, type Invocation } from './invocation';
import { columns } from './output';
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
  const names: EngineName[] = ['tensorflow', 'webgpu', 'wasm', 'cpu'];
  const engines: EngineFinding[] = [];
  for (const name of names) engines.push(await attempt(name));
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

/** Whether each dataset's files are there and whole, with its default options. */
async function dataFindings(dataDir: string): Promise<EngineFinding[]> {
  const findings: EngineFinding[] = [];
  for (const dataset of registered('dataset') as readonly Dataset[]) {
    try {
      const checks = await dataset.verify(dataset.options.parse({}), { dataDir });
      const wrong = checks.find(({ ok }) => !ok);
      findings.push({
        name: dataset.name,
        ok: wrong === undefined,
        detail: wrong ? `${wrong.what}: ${wrong.detail}` : 'verified',
      });
    } catch (error) {
      findings.push({ name: dataset.name, ok: false, detail: (error as Error).message.split('\n')[0]! });
    }
  }
  return findings;
}

/** Runs `overparam doctor`. */
export async function runDoctor(
  args: { readonly 'data-dir'?: string },
  { output }: Invocation,
): Promise<void> {
  await loadDefaultPlugins();
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
