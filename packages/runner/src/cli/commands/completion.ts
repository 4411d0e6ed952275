import { completionScript, StrictCommand } from '@overparam/terminal/command-line';

/** `overparam completion SHELL`. */
export function completionCommand(): StrictCommand {
  const command = new StrictCommand('completion');
  return command
    .summary('Print a script for the completions of a shell')
    .description('Print a script by which your shell completes commands and options')
    .argument('<SHELL>', 'bash, zsh or fish')
    .examples('overparam completion bash >> ~/.bashrc')
    .does<{ readonly shell: string }>(async ({ shell }) => {
      process.stdout.write(completionScript(command.parent!, shell));
    });
}
