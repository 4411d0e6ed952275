import { trainInChild } from './child';
import { type Launcher, trainArguments } from './launch';
import type { Outcome } from './outcome';
import { runPool } from './pool';

/**
 * Trains runs in processes of this machine, some at a time.
 *
 * @param atOnce  processes at a time, at least 1
 */
export function localLauncher(atOnce: number): Launcher {
  return (runs, launch) => {
    const train = async (index: number): Promise<Outcome> => {
      const before = await launch.isFinished(index);
      const outcome: Outcome = before
        ? { kind: 'finished' }
        : await trainInChild({
            command: launch.command,
            arguments: trainArguments(runs[index]!, launch.dataDir, launch.extraArguments),
            onProgress: (done) => launch.onProgress(index, done),
            onWork: (text) => launch.onWork(index, text),
            signal: launch.signal,
          });
      if (outcome.kind !== 'stopped') await launch.onEnd(index, outcome, before);
      return outcome;
    };
    return runPool(
      runs.map((_, index) => index),
      atOnce,
      train,
      launch.signal,
    );
  };
}
