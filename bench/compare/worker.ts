// Overparam's side of the comparison: a process of its own that trains or runs one network when it is told to. It speaks
// the same lines as torch/peer.py; `do: export` writes the weights and the batch that all sides begin with.
import { createInterface } from 'node:readline';
import { useEngine } from '@overparam/engine';
import type { StoredTensor } from '@overparam/export';
import { writeSafetensors } from '@overparam/export/node';
import * as tf from '@tensorflow/tfjs';
import {
  collapsedNetwork,
  inferenceStep,
  stockStep,
  type TimedStep,
  trainedNetwork,
  trainingStep,
} from './network';
import { batchOf, problems } from './problems';
import type { Row } from './rows';

/** Which engine trains, and how. */
type Form = 'tensorflow' | 'wasm' | 'stock';

let step: TimedStep | null = null;

async function start(form: Form): Promise<void> {
  if (form !== 'stock') {
    await useEngine(form);
    return;
  }
  // Only the backend: neither this project's fused ops nor its gradients.
  const { startTensorflow } = await import('@overparam/engine-tensorflow');
  await startTensorflow();
  await tf.setBackend('tensorflow');
}

async function prepare(form: Form, row: Row): Promise<object> {
  const make = form === 'stock' ? stockStep : row.mode === 'training' ? trainingStep : inferenceStep;
  step = await make(row);
  return { parameters: step.parameters };
}

async function steps(count: number): Promise<object> {
  const milliseconds: number[] = [];
  const losses: number[] = [];
  const before = process.cpuUsage();
  for (let done = 0; done < count; done++) {
    const started = performance.now();
    losses.push(await step!.run());
    milliseconds.push(performance.now() - started);
  }
  const { user, system } = process.cpuUsage(before);
  return { milliseconds, losses, processor: (user + system) / 1000 };
}

async function exportTensors(row: Row, file: string): Promise<object> {
  const tensors = new Map<string, StoredTensor>();
  const add = (name: string, tensor: tf.Tensor) => {
    const { shape } = tensor;
    const data = tensor.dataSync();
    if (data instanceof Int32Array) tensors.set(name, { dtype: 'I32', shape, data });
    else tensors.set(name, { dtype: 'F32', shape, data: data as Float32Array });
  };
  if (row.mode === 'training') {
    for (const { name, variable } of (await trainedNetwork(row)).network.parameters) add(name, variable);
  } else {
    for (const layer of (await collapsedNetwork(row)).layers) {
      layer.getWeights().forEach((weight, index) => {
        add(`${layer.name}/${['kernel', 'bias'][index]}`, weight);
      });
    }
  }
  for (const [name, tensor] of Object.entries(batchOf(problems[row.model], row.batch)))
    add(`input/${name}`, tensor);
  await writeSafetensors(file, { tensors, metadata: {} });
  return {};
}

const form = (process.argv[2] ?? 'tensorflow') as Form;
await start(form);
const say = (message: object) => process.stdout.write(`${JSON.stringify(message)}\n`);
say({ version: tf.getBackend(), resident: process.memoryUsage.rss() });
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  try {
    if (request.do === 'prepare') say(await prepare(form, request.row));
    else if (request.do === 'steps') say(await steps(request.count));
    else if (request.do === 'export') say(await exportTensors(request.row, request.file));
    // Kilobytes on every platform.
    else say({ peak: process.resourceUsage().maxRSS * 1024 });
  } catch (error) {
    say({ error: (error as Error).message });
    console.error(error);
  }
}
