import { resnet } from '@overparam/backbones';
import { collapse, plain } from '@overparam/core-reparam';
import { keyFromSeed, learningRate, useEngine } from '@overparam/engine';
import { encodeNetworkAsOnnx } from '@overparam/export-onnx';
import { taskFor } from '@overparam/mtl-heads';
import { type Method, parseOptions } from '@overparam/plugin';
import { expandNetwork, trainingBatches, trainingStep } from '@overparam/training';
import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import simdAddress from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import { messageOf } from '../shared/message';
import { compareNetworks } from './compare';
import type { News, Order } from './messages';
import { methods } from './methods';
import { picturesFrom } from './pictures';

const batch = 32;

function tell(news: News): void {
  postMessage(news);
}

async function fetched(address: string): Promise<Uint8Array> {
  const response = await fetch(address);
  if (!response.ok)
    throw new Error(`${address} is not beside this page (the server said ${response.status}).`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Lets messages through between two updates. */
const breathe = () => new Promise((resolve) => setTimeout(resolve));

async function train(order: Order): Promise<void> {
  const simd = new URL(simdAddress, order.folder).href;
  // tfjs wants an address for each; the engine takes the one with SIMD and without threads, or another backend.
  setWasmPaths({
    'tfjs-backend-wasm.wasm': simd,
    'tfjs-backend-wasm-simd.wasm': simd,
    'tfjs-backend-wasm-threaded-simd.wasm': simd,
  });
  const engine = await useEngine();
  const data = picturesFrom(await fetched(new URL('sample.bin', order.folder).href));
  const tasks = data.tasks.map((task) => taskFor(task));
  const key = keyFromSeed(order.seed);
  const method = methods.find(({ name }) => name === order.method) ?? methods[0]!;
  const small = resnet.build(
    { inputShape: data.inputShape, tasks, key },
    parseOptions(resnet.options, { depth: 8, width: 8 }, 'resnet'),
  );
  // The same first network and the same batches for both; only the layers' form differs.
  const trained = [plain as Method<never>, method as Method<never>].map((each) => {
    const network = expandNetwork(small, { method: each, tasks, key });
    const optimiser = { name: 'sgd', momentum: 0.9, nesterov: true } as const;
    return {
      network,
      step: trainingStep({
        network,
        tasks,
        optimiser,
        key,
        weightDecay: { coefficient: 1e-4, norms: false, biases: false },
      }),
    };
  });
  const batches = trainingBatches(data, { key, batch });
  const perEpoch = order.updatesPerEpoch ?? batches.perEpoch;
  const updates = perEpoch * order.epochs;
  const rateAt = learningRate({ schedule: 'cosine', peak: 0.1, warmup: { share: 0.1 } }, updates, perEpoch);
  tell({ kind: 'begun', engine: engine.description, updates, methods: methods.map(({ name }) => name) });
  const models = trained.map(({ network }) => network.model) as [tf.LayersModel, tf.LayersModel];
  for (let update = 0; update < updates; update++) {
    const tensors = await batches.read(
      Math.floor(update / perEpoch) * batches.perEpoch + (update % perEpoch),
    );
    const losses: number[] = [];
    for (const { step } of trained) losses.push((await step(tensors, { rate: rateAt(update) })).loss);
    tf.dispose(tensors);
    tell({ kind: 'update', update: update + 1, plain: losses[0]!, wide: losses[1]! });
    if ((update + 1) % perEpoch === 0) {
      const { accuracies } = await compareNetworks(models, data);
      tell({ kind: 'epoch', epoch: (update + 1) / perEpoch, plain: accuracies[0]!, wide: accuracies[1]! });
    }
    await breathe();
  }
  for (const { step } of trained) step.dispose();
  const { model } = collapse(models[1]);
  const { accuracies, milliseconds, gap, sameClass, shown } = await compareNetworks([...models, model], data);
  const names = ['plain', `${method.name}, in training`, `${method.name}, collapsed`];
  const { bytes } = await encodeNetworkAsOnnx(model, {
    description: 'A network of overparam, trained in a browser.',
  });
  tell({
    kind: 'done',
    networks: [...models, model].map((each, index) => ({
      name: names[index]!,
      parameters: each.countParams(),
      milliseconds: milliseconds[index]!,
      accuracy: accuracies[index]!,
    })),
    gap,
    pictures: data.splits.test!.size,
    sameClass,
    shown,
    onnx: bytes,
  });
  for (const each of [...models, model, small.model]) each.dispose();
}

addEventListener('message', ({ data }: MessageEvent<Order>) => {
  train(data).catch((error) => tell({ kind: 'failed', message: messageOf(error) }));
});
