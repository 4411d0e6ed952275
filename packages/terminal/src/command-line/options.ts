import { InvalidArgumentError, Option } from 'commander';

/** A word that begins like an option is the next option, before which a value was forgotten. */
function required(value: string): string {
  if (value !== '' && !value.startsWith('--')) return value;
  throw new InvalidArgumentError('a value');
}

/** An option without a value, such as `--json`. */
export function flag(name: string, description: string): Option {
  return new Option(name, description);
}

/** An option with a value, such as `--out <folder>`; given twice, the last one counts. */
export function value(name: string, description: string): Option {
  return new Option(name, description).argParser((given: string) => required(given));
}

/** An option with a value that may be given many times, such as `--set <a.b=value>`; absent where it never is. */
export function values(name: string, description: string): Option {
  return new Option(name, description).argParser((given: string, before: readonly string[] = []) => [
    ...before,
    required(given),
  ]);
}

// Not where commander keeps its own: help would name them a second time.
const words = new WeakMap<Option, readonly string[]>();

/** What an option made by {@link choice} has to be one of; empty for others. */
export function choicesOf(option: Option): readonly string[] {
  return words.get(option) ?? [];
}

/** An option with one of some values, such as `--norms <name>`; the first of them where it is not given. */
export function choice(name: string, choices: readonly [string, ...string[]], description: string): Option {
  // commander's own choices() would take an option's place as a value too, and names it in its own words.
  const option = new Option(name, `${description}: ${choices.join(' or ')}`)
    .argParser((given: string) => {
      if (choices.includes(given)) return given;
      throw new InvalidArgumentError(choices.join(' or '));
    })
    .default(choices[0]);
  words.set(option, choices);
  return option;
}
