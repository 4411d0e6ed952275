// Makes src/extra-layers-script.ts of src/custom-layers.ts: `node scripts/extra-layers.mjs`, from this package's folder.
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const path = (name) => fileURLToPath(new URL(`../src/${name}`, import.meta.url));

/** The layers as a script for browsers and Node that takes TensorFlow.js from the global `tf`. */
export async function extraLayersScript() {
  const { outputFiles } = await build({
    entryPoints: [path('custom-layers.ts')],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    external: ['@tensorflow/tfjs'],
    write: false,
  });
  const body = outputFiles[0].text
    // Each file imports TensorFlow.js, by a name of its own; there is one.
    .replace(/^import \* as tf\d* from "@tensorflow\/tfjs";$/gm, '')
    .replace(/\btf\d+\./g, 'tf.')
    .replace(/^\/\/ .*$/gm, '')
    .replace(/^export \{[^}]*\};$/m, '')
    .replace(/^\/\*\*[\s\S]*?^ \*\/$/gm, '')
    .replace(/\n{2,}/g, '\n')
    .trim();
  return [
    '// The layers of this network that TensorFlow.js does not have itself, by overparam (MIT).',
    '// Load it behind tf.min.js, or in Node with globalThis.tf set, and before tf.loadLayersModel.',
    '(() => {',
    'const tf = globalThis.tf;',
    'if (!tf) throw new Error("Load TensorFlow.js first: these layers take it from the global tf.");',
    body,
    '})();',
    '',
  ].join('\n');
}

/** The TypeScript file that holds the script. */
export async function extraLayersModule() {
  const text = (await extraLayersScript())
    .replaceAll('\\', '\\\\')
    .replaceAll('`', '\\`')
    .replaceAll('${', '\\${');
  return [
    '// Made of custom-layers.ts by scripts/extra-layers.mjs.',
    '/**',
    ' * The layers that stock TensorFlow.js lacks as a script of its own, to stand beside a `model.json` that has them: it takes',
    ' * TensorFlow.js from the global `tf`, and registers them there.',
    ' */',
    `export const extraLayersScript: string = \`${text}\`;`,
    '',
  ].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await writeFile(path('extra-layers-script.ts'), await extraLayersModule());
