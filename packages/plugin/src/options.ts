import { nearest, OverparamError } from '@overparam/errors';
import { z } from 'zod';

/**
 * Checks options against a schema and fills in defaults.
 *
 * @param schema  what is accepted
 * @param given   what came; undefined counts as `{}`
 * @param where   what the options belong to, for the message, such as `method "fnl"`
 * @throws OverparamError `invalid-options`, naming each wrong option
 */
export function parseOptions<Options>(schema: z.ZodType<Options>, given: unknown, where: string): Options {
  const result = schema.safeParse(given ?? {});
  if (result.success) return result.data;
  const known = knownKeys(schema);
  const lines = result.error.issues.map((issue) => describeIssue(issue, known));
  throw new OverparamError('invalid-options', `${where}: ${lines.join('; ')}.`);
}

function describeIssue(issue: z.core.$ZodIssue, known: readonly string[]): string {
  if (issue.code === 'unrecognized_keys') {
    const path = issue.path.length > 0 ? `${issue.path.join('.')}.` : '';
    return issue.keys
      .map((key) => {
        const near = nearest(key, known);
        const hint = near ? `did you mean "${near}"?` : `expected one of ${known.join(', ') || 'none'}`;
        return `unknown option "${path}${key}" (${hint})`;
      })
      .join('; ');
  }
  const path = issue.path.length > 0 ? `option "${issue.path.join('.')}": ` : '';
  return path + issue.message;
}

/** Names of all options of a schema, at any depth, for suggestions. */
function knownKeys(schema: z.ZodType<unknown>): string[] {
  const keys = new Set<string>();
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    if ('properties' in node && typeof node.properties === 'object' && node.properties !== null) {
      for (const key of Object.keys(node.properties)) keys.add(key);
    }
    for (const child of Object.values(node)) walk(child);
  };
  walk(z.toJSONSchema(schema, { unrepresentable: 'any', io: 'input' }));
  return [...keys];
}
