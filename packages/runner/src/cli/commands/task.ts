import { StrictCommand } from '@overparam/terminal/command-line';
import { invocationOf, type Surroundings } from '../invocation';
import { commonOptions } from '../options';

/** `overparam task FOLDER`. */
export function taskCommand(surroundings: Surroundings): StrictCommand {
  return new StrictCommand('task')
    .summary('Train one run that a scheduler starts')
    .description(
      'Train the run of one task of a comparison; started by the scheduler that `compare --launcher` hands runs to',
    )
    .argument('<FOLDER>', 'Folder of the tasks, below `launched/` of the comparison')
    .takes(...commonOptions)
    .examples('overparam task runs/methods/launched/001-5c9d1f02')
    .does<{ readonly folder: string }>(async (given) => {
      const { runOneTask } = await import('../run-task');
      return runOneTask(given.folder, invocationOf(surroundings, given));
    });
}
