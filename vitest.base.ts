import { defineConfig } from 'vitest/config';

const conditions = ['@overparam/source', 'node', 'import', 'module', 'default'];

/** Test settings that every package shares: workspace packages are read from source, so no build is needed. */
export function packageTests(name: string) {
  return defineConfig({
    resolve: { conditions },
    ssr: { resolve: { conditions, externalConditions: ['node', 'import', 'module', 'default'] } },
    test: {
      name,
      include: ['test/**/*.test.ts', 'src/**/*.test.ts'],
      testTimeout: 120_000,
      hookTimeout: 120_000,
      pool: 'forks',
    },
  });
}
