import { parseArgs } from 'node:util';
import { nearest } from '@overparam/errors';
import type { ArgsDef } from 'citty';

/** Arguments of one command, checked against what it takes. */
export interface CheckedArguments {
  /** Values of `--set`, in their order. */
  readonly sets: readonly string[];
  /** Values of `--plugin`, in their order. */
  readonly plugins: readonly string[];
  /** What is wrong, or null. */
  readonly problem: { readonly code: string; readonly message: string } | null;
}

/** Options as `node:util` takes them, by name without dashes. */
function optionTypes(definitions: ArgsDef): Map<string, 'string' | 'boolean'> {
  return new Map(
    Object.entries(definitions)
      .filter(([, { type }]) => type !== 'positional')
      .map(([name, { type }]) => [name, type === 'boolean' ? 'boolean' : 'string']),
  );
}

/**
 * Checks the arguments of a command, which citty does not: unknown options, options without their value, and
 * more words than it takes.
 */
export function checkArguments(rawArguments: readonly string[], definitions: ArgsDef): CheckedArguments {
  const types = optionTypes(definitions);
  const options = Object.fromEntries([...types].map(([name, type]) => [name, { type }]));
  const { tokens } = parseArgs({
    args: [...rawArguments],
    options,
    strict: false,
    tokens: true,
    allowPositionals: true,
  });
  const sets: string[] = [];
  const plugins: string[] = [];
  const words: string[] = [];
  const fail = (code: string, message: string): CheckedArguments => ({
    sets,
    plugins,
    problem: { code, message },
  });
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value);
    if (token.kind !== 'option') continue;
    const type = types.get(token.name);
    if (type === undefined) {
      const known = [...types.keys()].map((name) => `--${name}`);
      const near = nearest(token.rawName, known);
      const hint = near ? `Did you mean "${near}"?` : `It takes ${known.join(', ')}.`;
      return fail('unknown-option', `Unknown option "${token.rawName}". ${hint}`);
    }
    if (type === 'boolean' && token.value !== undefined) {
      return fail('invalid-option', `Option "${token.rawName}" takes no value, and got "${token.value}".`);
    }
    if (type === 'string' && (token.value === undefined || token.value === '')) {
      return fail('invalid-option', `Option "${token.rawName}" expects a value.`);
    }
    if (token.name === 'set') sets.push(token.value!);
    if (token.name === 'plugin') plugins.push(token.value!);
  }
  const places = Object.values(definitions).filter(({ type }) => type === 'positional').length;
  if (words.length > places) {
    return fail('unexpected-argument', `Unexpected argument "${words[places]}"; options begin with "--".`);
  }
  return { sets, plugins, problem: null };
}
