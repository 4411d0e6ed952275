import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OverparamError } from '@overparam/errors';
import { readRunConfig } from '@overparam/saved-runs';
import { parseRecord, recordText } from '../../packages/files/src/lock/record';
import { prepareComparison } from '../../packages/runner/src/compare/prepare';
import type { Target } from '../mutations/target';
import { changeText } from '../mutations/text';
import { makeSoundRun, soundRun } from './sound-run';

/** Files of a comparison's folder that are its own, and the lock that both kinds of folders have. */
export const comparisons: readonly Target[] = [
  {
    name: 'comparison: configs/*.yaml',
    // The config is given again when it goes on, and has to be the same.
    sealed: true,
    prepare: makeSoundRun,
    samples: async () => [await readFile(join(soundRun(), 'config.yaml'))],
    change: changeText,
    async read(bytes, folder) {
      const config = await readRunConfig(soundRun());
      const configFile = join(folder, 'configs', 'a-7.yaml');
      await mkdir(join(folder, 'configs'), { recursive: true });
      await writeFile(configFile, bytes);
      const run = { row: 0, seed: '7', label: config.label, config, folder: join(folder, 'a-7'), configFile };
      await prepareComparison(
        folder,
        [run],
        { config: {}, name: 'config.yaml', folder: join(folder, 'configs') },
        true,
      );
      return readFile(configFile, 'utf8');
    },
  },
  {
    // Who holds a lock proves it by its heartbeat: a record that is none counts as one that is being written.
    name: 'lock',
    sealed: false,
    samples: async () => [
      Buffer.from(
        recordText({
          id: '0123456789abcdef0123456789abcdef',
          host: 'host',
          boot: 'b',
          pidNamespace: '4026531836',
          pid: 77,
          start: '1234',
          beat: 3,
          silence: 60_000,
        }),
      ),
    ],
    change: changeText,
    async read(bytes) {
      const record = parseRecord(Buffer.from(bytes).toString('utf8'));
      if (record === null) throw new OverparamError('lock-unreadable', 'no record');
      return record;
    },
    check(value) {
      const { pid, beat, silence, id } = value as NonNullable<ReturnType<typeof parseRecord>>;
      const sound = pid > 0 && beat >= 0 && silence > 0 && silence <= 86_400_000 && /^[0-9a-f]{32}$/.test(id);
      return sound ? null : 'a record out of range';
    },
  },
];
