import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import type { Binding } from '../binding/binding';
import { type Cluster, taskName } from './cluster';

/** Milliseconds between two rounds of questions, and for each answer. */
const pause = 2000;
const patience = 2000;
/** Rounds that a worker may not answer, where it has answered before. */
const misses = 3;

/**
 * What the thread runs; by itself, as a sum that waits keeps this one. A worker that has answered and does so no more ends the sums that
 * wait for it; so does the end of the process that started this one, and an op that takes longer than the deadline. That of
 * TensorFlow's own ops is left alone: each sum would leave a thread behind that sleeps until then.
 */
const program = `
const { workerData } = require('node:worker_threads');
const koffi = require(workerData.koffi);
const library = koffi.load(workerData.library);
const framework = koffi.load(workerData.framework);
const find = (declaration) => {
  try { return library.func(declaration); } catch { return framework.func(declaration); }
};
const newStatus = find('void *TF_NewStatus()');
const setStatus = find('void TF_SetStatus(void *status, int code, const char *message)');
const getCode = find('int TF_GetCode(void *status)');
const checkHealth = find('void TFE_CollectiveOpsCheckPeerHealth(void *context, const char *task, int64_t milliseconds, void *status)');
const abort = find('void TFE_AbortCollectiveOps(void *context, void *status)');
const status = newStatus();
const unavailable = 14;
const end = (why) => {
  setStatus(status, unavailable, why);
  abort(workerData.context, status);
  clearInterval(timer);
};
const parent = process.ppid;
const missed = workerData.tasks.map(() => null);
let [current, rounds] = [-1, 0];
const timer = setInterval(() => {
  if (process.ppid !== parent) return end('the process that started this worker has ended');
  const [begun, ended] = [0, 1].map((at) => Atomics.load(workerData.executed, at));
  // Rounds and not the clock: a machine that sleeps has waited for nobody.
  rounds = begun !== ended && begun === current ? rounds + 1 : 0;
  current = begun;
  if (rounds * workerData.pause >= workerData.deadline) {
    return end('the sums of an update have waited for ' + workerData.deadline / 1000 + ' s');
  }
  workerData.tasks.forEach((task, at) => {
    setStatus(status, 0, '');
    checkHealth(workerData.context, task, workerData.patience, status);
    if (getCode(status) === 0) missed[at] = 0;
    else if (missed[at] !== null) missed[at] += 1;
  });
  const lost = missed.findIndex((count) => count >= workerData.misses);
  if (lost >= 0) end(workerData.addresses[lost] + ' does not answer any more');
}, workerData.pause);
`;

/** Watches the other workers from a thread of its own, to the end of this process. */
export function watchWorkers(
  { workers, index, deadline }: Required<Cluster>,
  { library, context, executed }: Pick<Binding, 'library' | 'context' | 'executed'>,
): void {
  const others = workers.map((address, task) => ({ address, task })).filter(({ task }) => task !== index);
  const thread = new Worker(program, {
    eval: true,
    workerData: {
      koffi: createRequire(import.meta.url).resolve('koffi'),
      library: library.files.library,
      framework: library.files.framework,
      context,
      executed,
      deadline: deadline * 1000,
      tasks: others.map(({ task }) => taskName(task)),
      addresses: others.map(({ address }) => address),
      pause,
      patience,
      misses,
    },
    // What loads sources here is of no use there.
    execArgv: [],
  });
  // Deadlines remain.
  thread.on('error', () => undefined);
  thread.unref();
}
