import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Store } from './store';

/** Starts a reading thread: the built file, or, where this file runs from source, the source through its loader. */
export function startWorker(stores: readonly Store[]): Worker {
  const own = import.meta.url;
  const options = { workerData: stores };
  if (!own.endsWith('.ts')) return new Worker(new URL('./worker.js', own), options);
  // A thread does not inherit the loader that lets the main thread run TypeScript, nor where it finds this workspace's packages.
  const loader = pathToFileURL(createRequire(own).resolve('tsx/package.json'));
  const api = new URL('./dist/esm/api/index.mjs', loader).href;
  const entry = new URL('./worker.ts', own).href;
  const start = `import(${JSON.stringify(api)}).then(({ register }) => { register(); return import(${JSON.stringify(entry)}); });`;
  return new Worker(start, { ...options, eval: true, execArgv: ['--conditions=@overparam/source'] });
}
