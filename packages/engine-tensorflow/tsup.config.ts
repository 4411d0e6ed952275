import { copyFile, mkdir } from 'node:fs/promises';
import { defineConfig } from 'tsup';

/**
 * As the other packages' build; besides, the JavaScript of tfjs-node is bundled with its licence, so that users need not
 * install that package, whose install script downloads another TensorFlow.
 */
export default defineConfig({
  entry: {
    index: 'src/index.ts',
    'library/index': 'src/library/index.ts',
    'engine-command': 'src/engine-command.ts',
    cli: 'src/cli.ts',
  },
  format: ['esm', 'cjs'],
  dts: { compilerOptions: { ignoreDeprecations: '6.0' } },
  sourcemap: true,
  clean: true,
  target: 'node20',
  splitting: true,
  shims: true,
  noExternal: [/^@tensorflow\/tfjs-node-gpu/],
  external: ['@tensorflow/tfjs', 'koffi'],
  // The bundled CommonJS modules require tfjs, which in Node is CommonJS itself.
  banner: ({ format }) =>
    format === 'esm'
      ? {
          js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
        }
      : {},
  esbuildPlugins: [
    {
      name: 'without-summaries',
      setup(build) {
        // Only the writer of TensorBoard's summaries needs protocol buffers.
        build.onResolve({ filter: /proto\/api_pb$/ }, () => ({ path: 'api_pb', namespace: 'empty' }));
        build.onLoad({ filter: /.*/, namespace: 'empty' }, () => ({ contents: 'module.exports = {};' }));
        // One kernel asks for a part of tfjs that users need not have by itself.
        build.onResolve({ filter: /^@tensorflow\/tfjs-core$/ }, () => ({
          path: '@tensorflow/tfjs',
          external: true,
        }));
      },
    },
  ],
  async onSuccess() {
    await mkdir('dist/THIRD_PARTY', { recursive: true });
    await copyFile('third-party/tfjs-node-gpu.txt', 'dist/THIRD_PARTY/tfjs-node-gpu.txt');
  },
});
