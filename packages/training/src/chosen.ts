import { parseOptions } from '@overparam/plugin';

/** A part of a plugin, and its options as its schema gives them. */
export interface Chosen<Value> {
  readonly part: Value;
  readonly options: unknown;
}

/** A part by itself, which means all of its defaults, or with options; see {@link withOptions}. */
export type Part<Value> = Value | Chosen<Value>;

/** A part of a plugin that has options. */
export type Configurable = { readonly name: string; readonly options: Parameters<typeof parseOptions>[0] };

/**
 * A part of a plugin with options, checked and completed by the part's own schema.
 *
 * @param where  what the options belong to, for messages
 * @throws OverparamError `invalid-options`
 * @example
 * const backbone = withOptions(segnet, { width: 8 });
 */
export function withOptions<Value extends Configurable>(
  part: Value,
  options: unknown = {},
  where = `"${part.name}"`,
): Chosen<Value> {
  return { part, options: parseOptions(part.options, options, where) };
}

/** A part with its options, completed where it came by itself. */
export function chosenOf<Value extends Configurable>(given: Part<Value>): Chosen<Value> {
  return 'part' in given ? given : withOptions(given);
}
