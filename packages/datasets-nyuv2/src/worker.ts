import { parentPort, workerData } from 'node:worker_threads';
import { type Crop, cropScene } from './crop';
import { type OpenStore, openStore, type Store } from './store';

/** What a thread is asked for: a scene of a store, changed or not. */
export interface Job {
  readonly id: number;
  readonly store: number;
  readonly index: number;
  readonly crop: Crop | null;
}

// Only files without further packages are imported here, but for a small one, so that a thread starts quickly.
const stores = (workerData as readonly Store[]).map((store): (() => OpenStore) => {
  let open: OpenStore | null = null;
  return () => {
    open ??= openStore(store);
    return open;
  };
});

parentPort?.on('message', ({ id, store, index, crop }: Job) => {
  try {
    const stored = stores[store]!().read(index);
    const example = crop === null ? stored : cropScene(stored, crop);
    const parts = [example.image, example.segmentation, example.depth, example.normals];
    parentPort!.postMessage(
      { id, example },
      parts.map((part) => part.buffer as ArrayBuffer),
    );
  } catch (error) {
    parentPort!.postMessage({ id, problem: (error as Error).message });
  }
});
