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

/** Knows of a word that is no option what it could have meant: `--epochs` with the value behind it. */
export type Hint = (name: string, value: string | undefined) => string | null;

/** The words of the whole command line. */
function wordsOf(command: Command): readonly string[] {
  let program = command;
  while (program.parent !== null) program = program.parent;
  // What commander's own types call it: the words as they were given.
  return (program as Command & { rawArgs: readonly string[] }).rawArgs;
}

function unknownOption(command: Command, given: string, hint: Hint): [code: string, message: string] {
  const [name, ...value] = given.split('=');
  const known = command.options.map(({ long }) => long!);
  if (known.includes(name!)) {
    return ['invalid-option', `Option "${name}" takes no value, and got "${value.join('=')}".`];
  }
  const words = wordsOf(command);
  const next = words[words.indexOf(given) + 1];
  const behind = next === undefined || next.startsWith('--') ? undefined : next;
  const near = nearest(name!, known);
  const meant = hint(name!, value.length > 0 ? value.join('=') : behind) ?? (near && `"${near}"`);
  return [
    'unknown-option',
    `Unknown option "${name}". ${meant ? `Did you mean ${meant}?` : `It takes ${known.join(', ')}.`}`,
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

function describe(
  command: Command,
  code: string,
  message: string,
  hint: Hint,
): [code: string, message: string] {
  const subject = quoted(message);
  switch (code) {
    case 'commander.unknownOption':
      return unknownOption(command, subject, hint);
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
      const extra = command.args[command.registeredArguments.length]!;
      const words = wordsOf(command);
      const before = words[words.lastIndexOf(extra) - 1];
      const flag = command.options.find(({ long, required }) => long === before && !required);
      if (flag) {
        return [
          'unexpected-argument',
          `Option "${before}" takes no value, and got "${extra}" (${flag.description}).`,
        ];
      }
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
 * @param hint  asked first what an unknown option could have meant
 * @returns `unknown-option`, `invalid-option`, `unexpected-argument`, `unknown-command` or `usage`
 */
export function problemOf(
  command: Command,
  code: string,
  message: string,
  hint: Hint = () => null,
): OverparamError {
  const [own, text] = describe(command, code, message, hint);
  const names: string[] = [];
  for (let at: Command | null = command; at !== null; at = at.parent) names.unshift(at.name());
  return new OverparamError(own, own === 'unknown-command' ? text : `${names.join(' ')}: ${text}`);
}
