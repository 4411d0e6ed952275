import { writeFileSync } from 'node:fs';
import { configJsonSchema } from '../src/config/json-schema';

/** Writes `config.schema.json`: `pnpm --filter @overparam/runner schema`. */
writeFileSync(
  new URL('../config.schema.json', import.meta.url),
  `${JSON.stringify(configJsonSchema(), null, 2)}\n`,
);
