import type { OptionsSchema } from '@overparam/engine';
import { type JsonSchema, jsonSchemaOf, placeOf, propertiesOf } from './json-schema';

/** One option, as a list shows it. */
export interface OptionDescription {
  readonly name: string;
  /** Its type in a few characters: `integer`, `"a" | "b"`, `number[]`. */
  readonly type: string;
  readonly default?: unknown;
  readonly description?: string;
}

/**
 * Names of the options of a schema.
 *
 * @param path  keys and indices that lead to an option which is an object itself; the options at the top by default
 */
export function optionNames(schema: OptionsSchema, path: readonly PropertyKey[] = []): readonly string[] {
  const place = path.reduce((at, key) => at.at(key), placeOf(jsonSchemaOf(schema)));
  return [...propertiesOf(place).keys()];
}

/** The options of a schema with their descriptions, those of all alternatives where it has some. */
export function describeOptions(schema: OptionsSchema): readonly OptionDescription[] {
  return [...propertiesOf(placeOf(jsonSchemaOf(schema)))].map(([name, [option = {}]]) => ({
    name,
    type: typeText(option),
    ...(option.default === undefined ? {} : { default: option.default }),
    ...(typeof option.description === 'string' ? { description: option.description } : {}),
  }));
}

function typeText(schema: JsonSchema): string {
  const alternatives = (schema.anyOf ?? schema.oneOf) as JsonSchema[] | undefined;
  if (alternatives) return alternatives.map(typeText).join(' | ');
  if (Array.isArray(schema.enum)) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.type === 'array') return `${schema.items ? typeText(schema.items as JsonSchema) : ''}[]`;
  if (schema.properties) return `{ ${Object.keys(schema.properties).join(', ')} }`;
  return typeof schema.type === 'string' ? schema.type : 'any';
}
