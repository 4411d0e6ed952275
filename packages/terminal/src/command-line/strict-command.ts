import { Command, CommanderError, type ErrorOptions, type Option } from 'commander';
import { type Hint, problemOf } from './problem';

/** What a command does with its words and options; a number is the exit code. */
export type Body<Arguments> = (given: Arguments) => Promise<unknown>;

/**
 * A command of commander's that ends no process: what is wrong with a command line is an `OverparamError` that is
 * thrown, and what its action answers is the exit code of {@link runCommandLine}.
 */
export class StrictCommand extends Command {
  /** What the action of the command that ran answered; the program's own is set. */
  exitCode = 0;
  private hint: Hint | undefined;

  constructor(name?: string) {
    super(name);
    this.exitOverride().enablePositionalOptions().showSuggestionAfterError(false);
    this.helpOption('-h, --help', 'Show this help');
    this.configureHelp({
      // Every command has options; what matters in a list is what it is about.
      subcommandTerm: (command) =>
        [
          command.name(),
          ...command.registeredArguments.map((word) =>
            word.required ? `<${word.name()}>` : `[${word.name()}]`,
          ),
        ].join(' '),
      styleTitle: bold,
      styleSubcommandTerm: cyan,
      styleOptionTerm: cyan,
      styleArgumentTerm: cyan,
    });
  }

  override createCommand(name?: string): StrictCommand {
    return new StrictCommand(name);
  }

  override error(message: string, { code = '' }: ErrorOptions = {}): never {
    throw problemOf(this, code, message, this.hint);
  }

  private get program(): StrictCommand {
    return this.parent === null ? this : (this.parent as StrictCommand).program;
  }

  /** Adds options. */
  takes(...options: readonly Option[]): this {
    for (const option of options) this.addOption(option);
    return this;
  }

  /** Sets what knows which option was meant by one that the command does not have, such as `--set epochs=3`. */
  hints(hint: Hint): this {
    this.hint = hint;
    return this;
  }

  /** Ends the help with command lines as somebody would type them. */
  examples(...lines: readonly string[]): this {
    const title = bold(lines.length === 1 ? 'Example:' : 'Examples:');
    return this.addHelpText('after', ['', title, ...lines.map((line) => `  ${line}`)].join('\n'));
  }

  /**
   * Sets what the command does. It gets one object with the words by their names in small letters and the options as they
   * are written, such as `data-dir`; those that were not given are absent.
   */
  does<Arguments extends object>(body: Body<Arguments>): this {
    return this.action(async (...words: readonly unknown[]) => {
      const named = this.registeredArguments.map((word, index) => [word.name().toLowerCase(), words[index]]);
      const options = this.options.map((option) => [
        option.long!.replace(/^--/, ''),
        this.getOptionValue(option.attributeName()),
      ]);
      const given = Object.fromEntries([...named, ...options].filter(([, value]) => value !== undefined));
      const answer = await body(given as Arguments);
      this.program.exitCode = typeof answer === 'number' ? answer : 0;
    });
  }
}

function bold(text: string): string {
  return `\u001B[1m${text}\u001B[22m`;
}

function cyan(text: string): string {
  return `\u001B[36m${text}\u001B[39m`;
}

/**
 * Parses a command line and runs what it asks for; help where it is empty.
 *
 * @param rawArguments  without Node and the file
 * @returns the exit code that the action answers, else 0
 * @throws OverparamError `unknown-command`, `unknown-option`, `invalid-option`, `unexpected-argument`, `usage`, and what
 *   the action throws
 */
export async function runCommandLine(
  program: StrictCommand,
  rawArguments: readonly string[],
): Promise<number> {
  if (rawArguments.length === 0) {
    program.outputHelp();
    return 0;
  }
  try {
    await program.parseAsync([...rawArguments], { from: 'user' });
  } catch (error) {
    // Help and the version have been shown.
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    throw error;
  }
  return program.exitCode;
}
