import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import type { Options } from 'tsup';

/** Names of zod that the sources in a folder use, which all write `z.name`; those that are types only are left out. */
function namesIn(folder: string, zod: object): string[] {
  const texts = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(folder, file), 'utf8'))
    .filter((text) => text.includes("import * as z from 'zod'"));
  const names = texts.flatMap((text) => [...text.matchAll(/\bz\s*\.\s*(\w+)/g)].map(([, name]) => name!));
  return [...new Set(names)].filter((name) => name in zod).sort();
}

/**
 * Puts the part of zod that a package uses beside its build, as `zod.js` and `zod.cjs` with zod's licence in front:
 * about 0.1 MB where zod itself would install 8. Only where zod is a development dependency; others leave it outside.
 */
export const zodBeside: NonNullable<Options['esbuildPlugins']>[number] = {
  name: 'zod-beside',
  setup(build) {
    const { format, extension } =
      build.initialOptions.outExtension?.['.js'] === '.cjs'
        ? ({ format: 'cjs', extension: '.cjs' } as const)
        : ({ format: 'esm', extension: '.js' } as const);
    const beside = `./zod${extension}`;
    const file = join(build.initialOptions.outdir!, beside);
    let used = false;
    // tsup has taken all dependencies out before this is asked.
    build.onResolve({ filter: /^zod$/ }, () => {
      used = true;
      return { path: beside, external: true };
    });
    build.onEnd(async ({ outputFiles = [] }) => {
      if (!used) return;
      for (const output of outputFiles) {
        // An entry in a folder of its own finds it further up.
        const path = relative(dirname(output.path), resolve(file)).replaceAll('\\', '/');
        if (path === `zod${extension}` || output.path.endsWith('.map')) continue;
        output.contents = Buffer.from(output.text.replaceAll(`"${beside}"`, `"${path}"`));
      }
      const require = createRequire(join(process.cwd(), 'package.json'));
      const folder = dirname(require.resolve('zod/package.json'));
      const { version } = require('zod/package.json') as { version: string };
      const licence = readFileSync(join(folder, 'LICENSE'), 'utf8').trim();
      await build.esbuild.build({
        stdin: {
          contents: `export { ${namesIn('src', require('zod') as object).join(', ')} } from 'zod';`,
          resolveDir: process.cwd(),
        },
        outfile: file,
        bundle: true,
        minify: true,
        format,
        target: build.initialOptions.target,
        banner: { js: `/*!\nA part of zod ${version} (https://zod.dev), bundled.\n\n${licence}\n*/` },
      });
    });
  },
};
