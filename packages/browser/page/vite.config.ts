import { defineConfig } from 'vite';

/** Two pages, static, that load nothing from elsewhere; packages of the workspace are read from their sources. */
export default defineConfig({
  root: import.meta.dirname,
  base: './',
  logLevel: 'warn',
  resolve: { conditions: ['@overparam/source', 'browser', 'module', 'import', 'default'] },
  worker: { format: 'es' },
  build: {
    outDir: '../dist/page',
    emptyOutDir: true,
    // The licences of all that is bundled go with it.
    license: { fileName: 'licences.md' },
    target: 'es2022',
    // Nothing inside of addresses: the pages' policy allows scripts and networks from their own folder only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 3000,
    rolldownOptions: { input: ['index.html', 'train.html'].map((name) => `${import.meta.dirname}/${name}`) },
  },
});
