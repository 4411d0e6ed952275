import { OverparamError } from '@overparam/errors';
import type { Command } from 'commander';
import { choicesOf } from './options';

/** Shells that {@link completionScript} writes for. */
export const completionShells = ['bash', 'zsh', 'fish'] as const;

/** Words that may follow in one place of a command line. */
interface Place {
  /** The command's name; empty for the program itself. */
  readonly command: string;
  readonly words: readonly string[];
}

/** What each command takes: its options, and words that an option has to be one of. */
function placesOf(program: Command): readonly Place[] {
  const words = (command: Command) => [
    ...command.commands.map((known) => known.name()),
    ...command.options.map(({ long }) => long!),
    ...command.options.flatMap(choicesOf),
    '--help',
  ];
  return [program, ...program.commands].map((command) => ({
    command: command === program ? '' : command.name(),
    words: [...new Set(words(command))],
  }));
}

function bash(name: string, places: readonly Place[]): string {
  const cases = places
    .filter(({ command }) => command !== '')
    .map(({ command, words }) => `    ${command}) words="${words.join(' ')}" ;;`);
  return `_${name}() {
  local word="\${COMP_WORDS[COMP_CWORD]}" words
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
    *) words="${places[0]!.words.join(' ')}" ;;
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then words="${places[0]!.words.join(' ')}"; fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _${name} ${name}
`;
}

function zsh(name: string, places: readonly Place[]): string {
  const cases = places
    .filter(({ command }) => command !== '')
    .map(({ command, words }) => `    ${command}) compadd -- ${words.join(' ')} ;;`);
  return `#compdef ${name}
_${name}() {
  if (( CURRENT == 2 )); then
    compadd -- ${places[0]!.words.join(' ')}
    return
  fi
  case "\${words[2]}" in
${cases.join('\n')}
  esac
  _files
}
compdef _${name} ${name}
`;
}

function fish(name: string, places: readonly Place[]): string {
  return places
    .map(({ command, words }) => {
      const where = command === '' ? '__fish_use_subcommand' : `__fish_seen_subcommand_from ${command}`;
      return `complete -c ${name} -n '${where}' -a '${words.join(' ')}'\n`;
    })
    .join('');
}

/**
 * A script that a shell reads to complete a program's commands, their options, and the words that these have to be one of;
 * anything else is completed as a file.
 *
 * @param shell  `bash`, `zsh` or `fish`
 * @throws OverparamError `invalid-option` for another shell
 */
export function completionScript(program: Command, shell: string): string {
  const scripts: Readonly<Record<string, typeof bash>> = { bash, zsh, fish };
  const script = scripts[shell];
  if (script === undefined) {
    throw new OverparamError(
      'invalid-option',
      `There are no completions for "${shell}". Expected ${completionShells.join(', ')}.`,
    );
  }
  return script(program.name(), placesOf(program));
}
