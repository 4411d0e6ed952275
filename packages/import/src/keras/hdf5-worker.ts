import { parentPort } from 'node:worker_threads';
import { Damaged, type Hdf5Parts, type Library, loadHdf5, readWhole } from './read-hdf5';

/** What a thread is asked for. */
export interface Hdf5Task {
  readonly path: string;
  readonly texts: readonly string[];
}

/** What became of a file: its contents, or what is wrong with it and whether the thread can read another one. */
export type Hdf5Answer =
  | { readonly parts: Hdf5Parts }
  | { readonly problem: string; readonly sound: boolean };

// First `ready`, then an answer for each task.
void loadHdf5().then((library) => {
  parentPort!.on('message', async (task: Hdf5Task) => {
    const answered = await answer(library, task);
    // Arrays are handed over, not copied.
    const buffers =
      'parts' in answered ? [...answered.parts.arrays.values()].map(({ data }) => data.buffer) : [];
    parentPort!.postMessage(answered, buffers as ArrayBuffer[]);
  });
  parentPort!.postMessage('ready');
});

async function answer(library: Library, { path, texts }: Hdf5Task): Promise<Hdf5Answer> {
  try {
    return { parts: await readWhole(library, path, texts) };
  } catch (cause) {
    if (cause instanceof Damaged) return { problem: cause.message, sound: cause.sound };
    return { problem: `it cannot be read (${(cause as Error).message})`, sound: false };
  }
}
