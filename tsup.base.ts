import { isBuiltin } from 'node:module';
import { defineConfig, type Options } from 'tsup';
import { zodBeside } from './tsup.zod';

/**
 * Refuses what no package.json declares: it would be bundled without a word, as half a megabyte of a test runner once
 * was.
 */
const onlyDeclared: NonNullable<Options['esbuildPlugins']>[number] = {
  name: 'only-declared',
  setup(build) {
    // tsup has taken all dependencies out, and `zodBeside` zod, before this is asked.
    build.onResolve({ filter: /^[^./]/ }, ({ path, kind, importer }) =>
      kind === 'entry-point' || isBuiltin(path) || importer.includes('node_modules')
        ? undefined
        : { errors: [{ text: `${path} is imported, and no dependency of this package` }] },
    );
  },
};

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
    esbuildPlugins: [zodBeside, onlyDeclared],
    // A smaller installation; names stay, and maps lead to the sources. What makes CommonJS of ESM does not read code
    // without whitespace: it writes `returnawait`.
    esbuildOptions(options, { format }) {
      options.minifyWhitespace = format === 'esm';
    },
  });
}
