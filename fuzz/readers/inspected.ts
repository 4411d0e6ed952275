import { encodeSafetensors, encodeTfjs } from '@overparam/export';
import { encodeNetworkAsOnnx } from '@overparam/export-onnx';
import { encodeForTorch } from '@overparam/export-torch';
import { ProtoMessage } from '@overparam/files/protobuf';
import { inspectBytes } from '@overparam/formats';
import * as tf from '@tensorflow/tfjs';
import { changeBytes } from '../mutations/bytes';
import type { Target } from '../mutations/target';
import { changeText } from '../mutations/text';

function network(): tf.LayersModel {
  return tf.sequential({
    layers: [
      tf.layers.conv2d({ inputShape: [6, 7, 2], filters: 3, kernelSize: 3, name: 'conv' }),
      tf.layers.flatten({ name: 'flat' }),
      tf.layers.dense({ units: 2, name: 'out' }),
    ],
  });
}

/** A SavedModel of one constant and one product, by the numbers of TensorFlow's fields. */
function savedModel(): Uint8Array {
  const message = () => new ProtoMessage();
  const sides = message().message(2, message().integer(1, 3)).message(2, message().integer(1, 2));
  const tensor = message().integer(1, 1).message(2, sides).bytes(4, new Uint8Array(24));
  const value = message().bytes(1, 'value').message(2, message().message(8, tensor));
  const weights = message().bytes(1, 'w').bytes(2, 'Const').message(5, value);
  const product = message().bytes(1, 'y').bytes(2, 'MatMul').bytes(3, 'x').bytes(3, 'w');
  const graph = message().message(1, weights).message(1, product);
  const signature = message().bytes(1, 'serving_default').message(2, message().bytes(3, 'predict'));
  const version = message().bytes(4, 'serve').bytes(5, '2.21.0');
  const metaGraph = message().message(1, version).message(2, graph).message(5, signature);
  return message().integer(1, 1).message(2, metaGraph).finish();
}

const about = { role: 'collapsed', method: 'fnl' } as const;

/** Files of others' formats, as `overparam inspect` reads them. */
export const inspected: readonly Target[] = [
  {
    name: 'inspected onnx',
    sealed: false,
    async samples() {
      await tf.setBackend('cpu');
      const metadata = { role: 'collapsed', overparam: JSON.stringify(about) };
      return [(await encodeNetworkAsOnnx(network(), { metadata })).bytes];
    },
    change: changeBytes,
    read: (bytes, folder) => inspectBytes(`${folder}/model.onnx`, bytes),
    check: () => null,
  },
  {
    name: 'inspected safetensors',
    sealed: false,
    async samples() {
      await tf.setBackend('cpu');
      const { tensors } = await encodeForTorch(network());
      return [encodeSafetensors({ tensors, metadata: { format: 'pt', overparam: JSON.stringify(about) } })];
    },
    change: changeBytes,
    read: (bytes, folder) => inspectBytes(`${folder}/model.safetensors`, bytes),
    check: () => null,
  },
  {
    name: 'inspected model.json',
    sealed: false,
    async samples() {
      await tf.setBackend('cpu');
      return [Buffer.from((await encodeTfjs(network(), about)).modelJson)];
    },
    change: changeText,
    read: (bytes, folder) => inspectBytes(`${folder}/model.json`, bytes),
    check: () => null,
  },
  {
    name: 'inspected saved_model.pb',
    sealed: false,
    samples: async () => [savedModel()],
    change: changeBytes,
    read: (bytes, folder) => inspectBytes(`${folder}/saved_model.pb`, bytes),
    check: () => null,
  },
];
