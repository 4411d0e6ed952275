import type { OptionsSchema } from '@overparam/engine';

/** A JSON schema, or a part of one. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * The JSON schema of what may be given for options, with descriptions and defaults; an empty one, which says nothing,
 * where the schema's library cannot tell.
 */
export function jsonSchemaOf(schema: OptionsSchema): JsonSchema {
  try {
    // What JSON cannot express says nothing; without this, Zod would refuse the whole for the sake of one option.
    const { $schema: _, ...json } = schema['~standard'].jsonSchema.input({
      target: 'draft-2020-12',
      libraryOptions: { unrepresentable: 'any' },
    });
    return json;
  } catch {
    return {};
  }
}

/** What may stand at one place: the schemas of all alternatives, references followed. */
export interface Place {
  readonly forms: readonly JsonSchema[];
  /** The place of a property or an entry. */
  at(key: PropertyKey): Place;
}

/** The place of the whole value that a JSON schema is for. */
export function placeOf(json: JsonSchema): Place {
  const place = (schemas: readonly unknown[]): Place => {
    const forms = schemas.flatMap((schema) => formsOf(schema, json, 0));
    return { forms, at: (key) => place(forms.flatMap((form) => childrenOf(form, key))) };
  };
  return place([json]);
}

/** By name, the schemas that a property has in the alternatives that have it. */
export function propertiesOf({ forms }: Place): ReadonlyMap<string, readonly JsonSchema[]> {
  const found = new Map<string, JsonSchema[]>();
  for (const [name, schema] of forms.flatMap((form) => Object.entries(objectOf(form.properties)))) {
    found.set(name, [...(found.get(name) ?? []), objectOf(schema)]);
  }
  return found;
}

/** Whether an object at this place may have no other properties than {@link propertiesOf} names. */
export function isClosed({ forms }: Place): boolean {
  const objects = forms.filter(({ type, properties }) => type === 'object' || properties !== undefined);
  return objects.length > 0 && objects.every(({ additionalProperties }) => additionalProperties === false);
}

/** References may lead in circles, which no value does. */
const deepest = 16;

function formsOf(schema: unknown, root: JsonSchema, depth: number): JsonSchema[] {
  const form = objectOf(schema);
  if (depth > deepest) return [];
  if (typeof form.$ref === 'string') return formsOf(targetOf(form.$ref, root), root, depth + 1);
  const alternatives = form.anyOf ?? form.oneOf;
  if (!Array.isArray(alternatives)) return [form];
  return alternatives.flatMap((alternative) => formsOf(alternative, root, depth + 1));
}

/** The part of a schema that `#/$defs/name` points to. */
function targetOf(reference: string, root: JsonSchema): unknown {
  const [, ...path] = reference.split('/');
  return path.reduce<unknown>((node, key) => objectOf(node)[key], root);
}

function childrenOf(form: JsonSchema, key: PropertyKey): unknown[] {
  const { properties, additionalProperties, prefixItems, items } = form;
  const named = objectOf(properties);
  const child =
    typeof key === 'number'
      ? ((prefixItems as unknown[] | undefined)?.[key] ?? items)
      : Object.hasOwn(named, key)
        ? named[String(key)]
        : additionalProperties;
  return typeof child === 'object' ? [child] : [];
}

function objectOf(value: unknown): JsonSchema {
  return typeof value === 'object' && value !== null ? (value as JsonSchema) : {};
}
