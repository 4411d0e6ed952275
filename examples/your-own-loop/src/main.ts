import { segnet } from '@overparam/backbones';
import { upgrad } from '@overparam/balancers';
import { collapse } from '@overparam/core-reparam';
import { nyuv2Sample } from '@overparam/datasets-nyuv2';
import { keyFromSeed, useEngine } from '@overparam/engine';
import { trirep } from '@overparam/method-new';
import { taskFor } from '@overparam/mtl-heads';
import { parseOptions } from '@overparam/plugin';
import { cyclic } from '@overparam/routines';
import {
  createEvaluator,
  expandNetwork,
  planRoutine,
  trainingBatches,
  trainingStep,
} from '@overparam/training';
import * as tf from '@tensorflow/tfjs';

await useEngine();
const key = keyFromSeed(1);
const size = parseOptions(nyuv2Sample.options, { size: [64, 96] }, 'nyuv2-sample');
const data = await nyuv2Sample.open(size, { dataDir: 'data' });
const tasks = data.tasks.map((task) => taskFor(task));

const shape = { inputShape: data.inputShape, tasks, key };
const plain = segnet.build(shape, parseOptions(segnet.options, { width: 8 }, 'segnet'));
const network = expandNetwork(plain, { method: trirep, options: { frames: 'channel' }, tasks, key });

const batches = trainingBatches(data, { key, batch: 4 });
const updatesPerEpoch = batches.perEpoch;
const updates = Number(process.argv[2] ?? 20) * updatesPerEpoch;
const schedule = planRoutine(cyclic, { network, tasks, updates, updatesPerEpoch, key });
const step = trainingStep({ network, tasks, schedule, balancer: upgrad, optimiser: { name: 'adam' }, key });

let sum = 0;
for (let update = 1; update <= updates; update++) {
  const batch = await batches.read(update - 1);
  const { loss } = await step(batch, { rate: 2e-3 });
  tf.dispose(batch);
  sum += loss / updatesPerEpoch;
  if (update % updatesPerEpoch > 0) continue;
  console.log(`epoch ${update / updatesPerEpoch}: loss ${sum.toFixed(3)}`);
  sum = 0;
}

const { model, report } = collapse(network.model);
const [wide, small] = [network.model, model].map((each) => each.countParams());
console.log(`gap ${report.gap.toExponential(1)}, ${wide} parameters in training, ${small} deployed`);
console.log((await createEvaluator(model, tasks, data, { split: 'test', batch: 4 }).run()).scores.byTask);
await data.close();
