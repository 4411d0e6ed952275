import { createRequire } from 'node:module';

/** Version of this package. The package's own name finds its file from source and from the build alike. */
export function packageVersion(): string {
  return (createRequire(import.meta.url)('@overparam/runner/package.json') as { version: string }).version;
}
