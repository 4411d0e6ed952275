import { nearest, OverparamError } from '@overparam/errors';
import type { Command } from 'commander';

/** What commander quotes in a message: the option, argument or command that it is about; may hold quotes itself. */
function quoted(message: string): string {
  return /'(.*)'/s.exec(message)?.[1] ?? '';
}

/** `--out` of `--out <folder>`. */
function nameOf(flags: string): string {
  return flags.split(' ')[0]!;
}

function unknownOption(command: Command, given: string): [code: string, message: string] {
  const [name, ...value] = given.split('=');
  const known = command.options.map(({ long }) => long!);
  if (known.includes(name!)) {
    return ['invalid-option', `Option "${name}" takes no value, and got "${value.join('=')}".`];
  }
  const near = nearest(name!, known);
  return [
    'unknown-option',
    `Unknown option "${name}". ${near ? `Did you mean "${near}"?` : `It takes ${known.join(', ')}.`}`,
  ];
}

function unknownCommand(command: Command, given: string): [code: string, message: string] {
  const names = command.commands.map((one) => one.name());
  const near = nearest(given, names);
  return [
    'unknown-command',
    `Unknown command "${given}". ${near ? `Did you mean "${near}"?` : `Commands: ${names.join(', ')}.`}`,
  ];
}

function describe(command: Command, code: string, message: string): [code: string, message: string] {
  const subject = quoted(message);
  switch (code) {
    case 'commander.unknownOption':
      return unknownOption(command, subject);
    case 'commander.unknownCommand':
      return unknownCommand(command, subject);
    case 'commander.optionMissingArgument':
      return ['invalid-option', `Option "${nameOf(subject)}" expects a value.`];
    case 'commander.invalidArgument': {
      const [, value, expected] = /argument '(.*)' is invalid\. (.*)$/s.exec(message)!;
      const got = expected === 'a value' ? '' : `, and got "${value}"`;
      return ['invalid-option', `Option "${nameOf(subject)}" expects ${expected}${got}.`];
    }
    case 'commander.missingArgument': {
      const { description } = command.registeredArguments.find((argument) => argument.name() === subject)!;
      return ['usage', `Missing argument ${subject}: ${description}.`];
    }
    case 'commander.excessArguments': {
      const extra = command.args[command.registeredArguments.length];
      return ['unexpected-argument', `Unexpected argument "${extra}"; options begin with "--".`];
    }
    default:
      return ['usage', message.replace(/^error: /, '')];
  }
}

/**
 * What commander found wrong with a command line, in this project's words.
 *
 * @param code  commander's, such as `commander.unknownOption`
 * @returns `unknown-option`, `invalid-option`, `unexpected-argument`, `unknown-command` or `usage`
 */
export function problemOf(command: Command, code: string, message: string): OverparamError {
  const [own, text] = describe(command, code, message);
  const names: string[] = [];
  for (let at: Command | null = command; at !== null; at = at.parent) names.unshift(at.name());
  return new OverparamError(own, own === 'unknown-command' ? text : `${names.join(' ')}: ${text}`);
}
