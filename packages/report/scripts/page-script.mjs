// Makes src/page/page-script.ts of browser/index.ts: `node scripts/page-script.mjs`, from this package's folder.
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));

/** The page's script, bundled. */
export async function pageScript() {
  const { outputFiles } = await build({
    entryPoints: [path('browser/index.ts')],
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    charset: 'utf8',
    legalComments: 'none',
    banner: { js: '/*! With parts of d3-scale and d3-shape, ISC, copyright 2010-2022 Mike Bostock */' },
    write: false,
  });
  return outputFiles[0].text.trim();
}

/** The TypeScript file that holds the script. */
export async function pageScriptModule() {
  const text = (await pageScript()).replaceAll('\\', '\\\\').replaceAll('`', '\\`').replaceAll('${', '\\${');
  return [
    '// Made of browser/index.ts by scripts/page-script.mjs.',
    '/** What makes a page one to explore: charts that zoom and tell values, tables that sort, data to take away. */',
    `export const pageScript: string = \`${text}\`;`,
    '',
  ].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await writeFile(path('src/page/page-script.ts'), await pageScriptModule());
