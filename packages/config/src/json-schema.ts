import { z } from 'zod';
import { configSchema } from './schema';

type Json = Readonly<Record<string, unknown>>;

/** The description of what a schema refers to. */
function descriptionOf(schema: Json, definitions: Json): unknown {
  if (schema.description !== undefined || typeof schema.$ref !== 'string') return schema.description;
  const target = definitions[schema.$ref.replace('#/$defs/', '')];
  return target === undefined ? undefined : descriptionOf(target as Json, definitions);
}

/** A schema whose keys carry their descriptions themselves: few editors look for one behind a reference. */
function described(schema: unknown, definitions: Json): unknown {
  if (Array.isArray(schema)) return schema.map((inner) => described(inner, definitions));
  if (typeof schema !== 'object' || schema === null) return schema;
  const parts = Object.entries(schema).map(([key, value]) => [key, described(value, definitions)]);
  const description = descriptionOf(schema as Json, definitions);
  return { ...(description === undefined ? {} : { description }), ...Object.fromEntries(parts) };
}

/** The JSON schema of a config file, for editors: completion, descriptions, and errors while typing. */
export function configJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any', reused: 'ref' }) as Json;
  return { title: 'overparam config', ...(described(schema, schema.$defs as Json) as Json) };
}
