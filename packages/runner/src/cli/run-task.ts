import { runTask } from '@overparam/launchers';
import { ownCommandLine } from '../compare/own-command-line';
import type { Invocation } from './invocation';

/** What `overparam task` does. @returns the exit code: 0, 1 where the run failed, 75 where it has to be started again */
export function runOneTask(folder: string, { signal }: Invocation): Promise<number> {
  return runTask(folder, {
    command: ownCommandLine(),
    signal,
    onSaid: (text) => void process.stderr.write(text),
  });
}
