import type { Worker } from 'node:worker_threads';
import { OverparamError } from '@overparam/errors';
import type { Crop } from './crop';
import type { NyuExample } from './scene';
import { startWorker } from './start-worker';
import type { Store } from './store';
import type { Job } from './worker';

/** Threads that read and change scenes. */
export interface ReaderPool {
  /** A scene of store `store`, changed by `crop` unless that is null. */
  read(store: number, index: number, crop: Crop | null): Promise<NyuExample>;
  /** Ends the threads; what is still being read is refused. */
  close(): Promise<void>;
}

interface Pending {
  readonly job: Job;
  readonly resolve: (example: NyuExample) => void;
  readonly reject: (error: OverparamError) => void;
}

type Answer = { readonly id: number } & ({ readonly example: NyuExample } | { readonly problem: string });

/**
 * Makes a pool of `threads` threads over `stores`; they start with the first scene that is asked for. Scenes are given
 * out in the order asked for, one a thread at a time; each is a pure function of what was asked, so the number of
 * threads changes nothing but the time. Idle threads do not keep the process alive.
 */
export function readerPool(threads: number, stores: readonly Store[]): ReaderPool {
  const workers: Worker[] = [];
  const idle: Worker[] = [];
  const waiting: Pending[] = [];
  const busy = new Map<Worker, Pending>();
  let nextId = 0;
  let failure: OverparamError | null = null;

  const stop = (error: OverparamError) => {
    failure ??= error;
    for (const pending of [...busy.values(), ...waiting.splice(0)]) pending.reject(failure);
    busy.clear();
    idle.length = 0;
  };
  const start = () => {
    const worker = startWorker(stores);
    worker.unref();
    worker.on('message', (answer: Answer) => {
      const pending = busy.get(worker);
      if (pending === undefined) return;
      busy.delete(worker);
      worker.unref();
      idle.push(worker);
      if ('example' in answer) pending.resolve(answer.example);
      else pending.reject(new OverparamError('data-read', `NYUv2: ${answer.problem}.`));
      assign();
    });
    const failed = (reason: string) =>
      stop(
        new OverparamError(
          'worker-failed',
          `A thread that reads NYUv2 ended (${reason}). Set the option threads to 0 to read without.`,
        ),
      );
    worker.on('error', (error) => failed(error.message));
    worker.on('exit', (code) => failed(`exit code ${code}`));
    workers.push(worker);
    idle.push(worker);
  };
  const assign = () => {
    while (waiting.length > 0) {
      if (idle.length === 0 && workers.length < threads) start();
      const worker = idle.pop();
      if (worker === undefined) return;
      const pending = waiting.shift()!;
      busy.set(worker, pending);
      worker.ref();
      worker.postMessage(pending.job);
    }
  };
  return {
    read(store, index, crop) {
      return new Promise((resolve, reject) => {
        if (failure !== null) return reject(failure);
        waiting.push({ job: { id: nextId++, store, index, crop }, resolve, reject });
        assign();
      });
    },
    async close() {
      stop(new OverparamError('dataset-closed', 'The dataset was closed while scenes were being read.'));
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}
