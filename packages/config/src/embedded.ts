import { checkOptions, jsonSchemaOf, type OptionsSchema } from '@overparam/plugin';
import { z } from 'zod';

/** Whether an issue is of a key that nothing reads, and the keys that are read there. */
export function knownBeside(issue: z.core.$ZodIssue): readonly string[] | undefined {
  return issue.code === 'custom' ? (issue.params?.known as readonly string[] | undefined) : undefined;
}

function addProblems(schema: OptionsSchema, value: unknown, context: z.RefinementCtx): void {
  for (const { path, message, known } of checkOptions(schema, value).problems ?? []) {
    const input = path.reduce<unknown>((inner, key) => Object(inner)[key], value);
    context.addIssue({ code: 'custom', path: [...path], message, input, params: { known } });
  }
}

/**
 * A schema of another package as a part of the config's: it finds the same problems and says the same in the config's
 * JSON schema. It checks only; defaults are filled in where a config is completed.
 */
export function embedded<Options>(schema: OptionsSchema<Options>): z.ZodType<Options, Options> {
  const checked = z.unknown().superRefine((value, context) => addProblems(schema, value, context));
  return checked.meta(jsonSchemaOf(schema)) as unknown as z.ZodType<Options, Options>;
}

/** What a config can name, with options beside the name. */
interface Kind<Name extends string> {
  readonly name: Name;
  readonly summary: string;
  readonly options: OptionsSchema;
}

/** One of some kinds by its name, or `{ name, ...options }`; as {@link embedded}, it checks only. */
export function kindByName<Name extends string, Written>(
  kinds: readonly Kind<Name>[],
): z.ZodType<Name | Written, Name | Written> {
  const names = kinds.map(({ name }) => name);
  const checked = z.unknown().superRefine((value, context) => {
    const { name, ...options } = typeof value === 'string' ? { name: value } : Object(value);
    const kind = kinds.find((candidate) => candidate.name === name);
    if (kind) return addProblems(kind.options, options, context);
    const path = typeof value === 'object' && value !== null && !Array.isArray(value) ? ['name'] : [];
    context.addIssue({
      code: 'custom',
      path,
      message: `expected one of ${names.join(', ')}`,
      input: name ?? value,
    });
  });
  const written = kinds.map(({ name, summary, options }) => {
    const { properties = {}, required = [], ...json } = jsonSchemaOf(options);
    return {
      ...json,
      description: summary,
      properties: {
        name: { type: 'string', const: name, description: 'As `overparam list` shows it.' },
        ...(properties as object),
      },
      required: ['name', ...(required as string[])],
    };
  });
  const anyOf = [{ type: 'string', enum: names }, ...written];
  return checked.meta({ anyOf }) as unknown as z.ZodType<Name | Written, Name | Written>;
}
