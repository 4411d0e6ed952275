import { defineConfig } from 'tsup';
import { zodBeside } from './tsup.zod';

/**
 * The build that every package shares: ESM and CommonJS with types; dependencies stay outside. A package that has zod
 * among its development dependencies gets the part of it that it uses as a file of its own.
 */
export function packageBuild(entry: string[] | Record<string, string>) {
  return defineConfig({
    entry,
    format: ['esm', 'cjs'],
    // tsup adds `baseUrl` to the declaration build, which TypeScript 6 reports as deprecated.
    dts: { compilerOptions: { ignoreDeprecations: '6.0' } },
    sourcemap: true,
    clean: true,
    target: 'node20',
    splitting: true,
    shims: true,
    esbuildPlugins: [zodBeside],
  });
}
