import { choice, flag, StrictCommand, value } from '@overparam/terminal/command-line';
import { invocationOf, type Surroundings } from '../invocation';
import { allowPluginsOption, commonOptions, engineOption } from '../options';
import type { CollapseArguments } from '../run-collapse';

/** `overparam collapse RUN`. */
export function collapseCommand(surroundings: Surroundings): StrictCommand {
  return new StrictCommand('collapse')
    .summary("Collapse a run's network again")
    .description("Collapse a run's trained network again, to a folder and with norms of your choice")
    .argument('<RUN>', 'Run folder')
    .takes(
      value('--out <folder>', 'Folder to write to (RUN/collapsed)'),
      choice(
        '--norms <form>',
        ['fold', 'keep'],
        'What becomes of norms after the layers that they can be folded into',
      ),
      value('--tolerance <number>', 'Largest gap allowed (1e-4)'),
      flag('--allow-mismatch', 'Write the network even where its outputs differ'),
      engineOption,
      allowPluginsOption,
      ...commonOptions,
    )
    .examples('overparam collapse runs/first --norms keep --out runs/first/with-norms')
    .does<CollapseArguments>(async (given) => {
      const { runCollapse } = await import('../run-collapse');
      return runCollapse(given, invocationOf(surroundings, given));
    });
}
