import { z } from 'zod';
import { configSchema } from './schema';

/** The JSON schema of a config file, for editors: completion, descriptions, and errors while typing. */
export function configJsonSchema(): Record<string, unknown> {
  return {
    title: 'overparam config',
    ...(z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any', reused: 'ref' }) as Record<
      string,
      unknown
    >),
  };
}
