import { stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Hdf5Answer, Hdf5Task } from './hdf5-worker';

/** Milliseconds between two looks at a thread. */
const tick = 50;

/** Looks after which a file counts as one without an end: 0.6 s, and a second for every 4 MB. */
const patience = (bytes: number) => 12 + (bytes / 2 ** 22) * (1000 / tick);

/** How many times as many looks a thread has at most, whatever keeps it. */
const longest = 50;

/** A thread that waits for the next file, and is let go where none comes. */
let waiting: { readonly thread: Worker; readonly end: NodeJS.Timeout } | null = null;

/** Milliseconds that a thread waits for. */
const idle = 15_000;

/**
 * Reads an HDF5 file in a thread of its own: the library is C, and what a damaged file makes of it (a loop, a fall out of its
 * memory, the end of its process) ends with the thread.
 */
export async function readInThread(task: Hdf5Task): Promise<Hdf5Answer> {
  const { size } = await stat(task.path);
  const thread = take() ?? (await started());
  const answer = await answerOf(thread, task, patience(size));
  if ('parts' in answer || answer.sound) keep(thread);
  else await thread.terminate();
  return answer;
}

function take(): Worker | null {
  const taken = waiting;
  waiting = null;
  if (!taken) return null;
  clearTimeout(taken.end);
  taken.thread.ref();
  return taken.thread;
}

function keep(thread: Worker): void {
  if (waiting) {
    void thread.terminate();
    return;
  }
  thread.unref();
  const end = setTimeout(() => {
    waiting = null;
    void thread.terminate();
  }, idle).unref();
  waiting = { thread, end };
}

function answerOf(thread: Worker, task: Hdf5Task, patience: number): Promise<Hdf5Answer> {
  return new Promise((resolve) => {
    const end = (answer: Hdf5Answer) => {
      clearInterval(timer);
      thread.off('message', end).off('error', broke).off('exit', left);
      resolve(answer);
    };
    const broken = (problem: string) => end({ problem, sound: false });
    const broke = ({ message }: Error) => broken(`the library broke down (${message})`);
    const left = () => broken('the library broke down');
    // Looks are counted, not the clock: where the whole process rests, the thread does. Where other processes keep it from
    // computing, it has not had its time yet.
    let looks = 0;
    const before = process.cpuUsage();
    const timer = setInterval(() => {
      looks++;
      if (looks <= patience) return;
      const { user, system } = process.cpuUsage(before);
      const computed = (user + system) / 1000;
      if (computed > patience * tick || looks > longest * patience)
        broken('the library does not come to an end with it');
    }, tick);
    thread.on('message', end).on('error', broke).on('exit', left);
    thread.postMessage(task);
  });
}

/** A thread that has loaded the library. */
function started(): Promise<Worker> {
  const thread = start();
  return new Promise((resolve, reject) => {
    const left = (code: number) => reject(new Error(`the thread for HDF5 files ended with ${code}`));
    thread.once('error', reject).once('exit', left);
    thread.once('message', () => {
      thread.off('error', reject).off('exit', left);
      // What is said once nobody listens any more, while it is ended, say, is of no use to anybody.
      thread.on('error', () => {});
      resolve(thread);
    });
  });
}

/** Starts the built file or, where this file runs from source, the source through its loader. */
function start(): Worker {
  const own = import.meta.url;
  // What the library prints of damaged files is of no use.
  const options = { stdout: true, stderr: true };
  if (!own.endsWith('.ts')) return new Worker(new URL('./hdf5-worker.js', own), options);
  // A thread does not inherit the loader that lets the main thread run TypeScript, nor where it finds this workspace's packages.
  const loader = pathToFileURL(createRequire(own).resolve('tsx/package.json'));
  const api = new URL('./dist/esm/api/index.mjs', loader).href;
  const library = new URL('./hdf5-library.mjs', own).href;
  const entry = new URL('./hdf5-worker.ts', own).href;
  const load = (url: string) => `import(${JSON.stringify(url)})`;
  const code = `${load(library)}.then(() => ${load(api)}).then(({ register }) => { register(); return ${load(entry)}; });`;
  return new Worker(code, { ...options, eval: true, execArgv: ['--conditions=@overparam/source'] });
}
