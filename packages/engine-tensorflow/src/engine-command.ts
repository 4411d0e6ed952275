import { flag, type StrictCommand, value } from '@overparam/terminal/command-line';
import type { EngineArguments, EngineConsole } from './library/command';

/** What `overparam-engine` and `overparam engine` say of themselves. */
export const engineSummary =
  "Install TensorFlow's library for the native engine, say what is there, or remove it";

/** What the command is given. */
type Given = EngineArguments & { readonly json?: boolean };

/**
 * Adds the words, options and body of installing TensorFlow's library to a command, for every command line that has it.
 * What it does is loaded when it runs.
 *
 * @param console  where its result and progress go
 */
export function engineCommand<Command extends StrictCommand>(
  command: Command,
  console: (given: Given) => EngineConsole,
): Command {
  return command
    .description(engineSummary)
    .argument('<ACTION>', 'install, status or remove')
    .takes(
      value('--version <2.21.0>', 'Of TensorFlow'),
      flag('--gpu', 'The CUDA form with NVIDIA libraries (not tried)'),
      value('--from <wheel or folder>', 'Instead of downloading'),
      flag('--json', 'Print one JSON object on stdout'),
    )
    .does<Given>(async (given) => {
      const { runEngineCommand } = await import('./library/command');
      await runEngineCommand(given, console(given));
    });
}
