import { readdirSync } from 'node:fs';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { configSum, configText } from '@overparam/config';
import { OverparamError } from '@overparam/errors';
import { readPictures } from '@overparam/report';
import { readLegends, readRun, readRunConfig, soundTimings } from '@overparam/saved-runs';
import { newestCheckpoint } from '../../packages/run-folder/src/checkpoint';
import { readDataRecord } from '../../packages/run-folder/src/data-record';
import { changeBytes } from '../mutations/bytes';
import type { Target } from '../mutations/target';
import { changeText } from '../mutations/text';
import { copiedRun, makeSoundRun, soundRun } from './sound-run';

/** A file of a finished run, which is read with all that commands read of it. */
function finished(name: string, change: Target['change'] = changeText): Target {
  return {
    name: `run: ${name}`,
    sealed: true,
    prepare: makeSoundRun,
    samples: async () => [await readFile(join(soundRun(), name))],
    change,
    async read(bytes, folder) {
      const run = await copiedRun(folder);
      await writeFile(join(run, name), bytes);
      const record = await readRun(run);
      const pictures = await readPictures([join(run, 'final', 'panels')]);
      return [record, await readDataRecord(run), await readLegends(run), pictures];
    },
  };
}

/** The name of the run's last checkpoint. */
const checkpoint = 'checkpoints/epoch-0002.safetensors';

/** The run as it was after its last epoch, before its end. */
async function unfinishedRun(folder: string): Promise<string> {
  const run = await copiedRun(folder);
  await rm(join(run, 'result.json'), { force: true });
  await rm(join(run, 'SHA256SUMS'), { force: true });
  return run;
}

async function newest(run: string) {
  const warnings: string[] = [];
  const found = await newestCheckpoint(run, (text) => warnings.push(text));
  // A damaged one is passed over with a word.
  if (found !== null) return found;
  if (warnings.length > 0) throw new OverparamError('checkpoint-damaged', warnings.join(' '));
  throw new Error('passed over without a word');
}

/** What commands read of a run folder, but for networks. */
export const records: readonly Target[] = [
  finished('config.yaml'),
  finished('data.json'),
  finished('metrics.jsonl'),
  finished('timings.jsonl'),
  finished('result.json'),
  finished('SHA256SUMS'),
  finished('final/panels/0-depth-legend.json'),
  finished('final/panels/0-input.png', changeBytes),
  {
    name: 'unfinished run: config.yaml',
    sealed: true,
    prepare: makeSoundRun,
    samples: async () => [await readFile(join(soundRun(), 'config.yaml'))],
    change: changeText,
    async read(bytes, folder) {
      const run = await unfinishedRun(folder);
      await writeFile(join(run, 'config.yaml'), bytes);
      // As `--resume` with the run's own config does.
      const config = await readRunConfig(run);
      if ((await newest(run)).config === configSum(configText(config, run, run))) return config;
      throw new OverparamError(
        'run-differs',
        'The config is not the one that the checkpoint was trained with.',
      );
    },
  },
  {
    // Clock times alone, of which damaged ones are lost.
    name: 'unfinished run: timings.jsonl',
    sealed: false,
    prepare: makeSoundRun,
    samples: async () => [await readFile(join(soundRun(), 'timings.jsonl'))],
    change: changeText,
    async read(bytes, folder) {
      const run = await unfinishedRun(folder);
      await writeFile(join(run, 'timings.jsonl'), bytes);
      return soundTimings(run, 2);
    },
    check(value) {
      const timings = value as Awaited<ReturnType<typeof soundTimings>>;
      const sound = timings.every(
        ({ epoch, trainSeconds, testSeconds }) => epoch <= 2 && trainSeconds >= 0 && testSeconds >= 0,
      );
      return sound ? null : 'timings of no epoch';
    },
  },
  {
    name: 'checkpoint',
    sealed: true,
    prepare: makeSoundRun,
    samples: async () => [await readFile(join(soundRun(), checkpoint))],
    change: changeBytes,
    async read(bytes, folder) {
      const run = join(folder, 'alone');
      if (!readdirSync(folder).includes('alone')) {
        await mkdir(join(run, 'checkpoints'), { recursive: true });
        await cp(join(soundRun(), 'config.yaml'), join(run, 'config.yaml'));
      }
      await writeFile(join(run, checkpoint), bytes);
      return newest(run);
    },
  },
];
