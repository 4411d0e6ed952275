import { joinWorkers, startTensorflow } from '/work/wt/workers/packages/engine-tensorflow/src/index';
import * as tf from '@tensorflow/tfjs';
const [index, base] = process.argv.slice(2).map(Number);
await joinWorkers({ workers: [`127.0.0.1:${base}`, `127.0.0.1:${base+1}`], index, deadline: 200 });
await startTensorflow({ threads: 1 });
await tf.setBackend('tensorflow');
const sum = (x, name) => tf.engine().runKernel('SumOverWorkers', { x }, { name });
console.log(index, await sum(tf.tensor1d([1]), 'a').data());
await new Promise((r) => setTimeout(r, 6000));
if (index === 1) process.kill(process.pid, 'SIGSTOP');
const t = performance.now();
try { await sum(tf.tensor1d([1]), 'b').data(); } catch (e) { console.log(index, 'after', performance.now() - t, e.code, e.message.slice(0, 150)); }
process.exit(0);
