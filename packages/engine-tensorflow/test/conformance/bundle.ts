import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const require = createRequire(import.meta.url);

/** Bundles tfjs-core's specs, which are ES modules that Node cannot resolve, with the program that runs them. */
export async function bundleSpecs(): Promise<string> {
  const outfile = fileURLToPath(new URL('../../node_modules/.conformance/run.mjs', import.meta.url));
  await build({
    entryPoints: [fileURLToPath(new URL('./run.ts', import.meta.url))],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    // The package says that its files have no side effects; its specs are nothing else.
    ignoreAnnotations: true,
    mainFields: ['module', 'main'],
    conditions: ['@overparam/source', 'module'],
    external: [
      'koffi',
      '@tensorflow/tfjs',
      '@tensorflow/tfjs-node-gpu',
      '@tensorflow/tfjs-node-gpu/*',
      'jasmine-core',
    ],
    alias: {
      'jasmine-core/lib/jasmine-core/jasmine.js': require.resolve('jasmine-core/lib/jasmine-core/jasmine.js'),
    },
    banner: {
      js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
    },
    logLevel: 'error',
  });
  return outfile;
}
