import { writeFileSync } from 'node:fs';
import { configJsonSchema } from '@overparam/config';

/** Writes `config.schema.json`: `npm run schema --prefix packages/runner`. */
writeFileSync(
  new URL('../config.schema.json', import.meta.url),
  `${JSON.stringify(configJsonSchema(), null, 2)}\n`,
);
