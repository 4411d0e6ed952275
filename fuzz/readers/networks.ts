import {
  decodeNetwork,
  decodeSafetensors,
  decodeSealed,
  encodeNetwork,
  encodeSafetensors,
  encodeSealed,
} from '@overparam/export';
import * as tf from '@tensorflow/tfjs';
import { changeBytes } from '../mutations/bytes';
import type { Target } from '../mutations/target';
import { changeText } from '../mutations/text';
import { checkArray } from './files';

const file = {
  tensors: new Map([
    ['a/kernel', { dtype: 'F32', shape: [3, 4], data: Float32Array.from({ length: 12 }, (_, i) => i / 3) }],
    ['b', { dtype: 'I32', shape: [5], data: Int32Array.from([1, 2, 3, 4, 5]) }],
    ['c', { dtype: 'BOOL', shape: [], data: Uint8Array.from([1]) }],
  ] as const),
  metadata: { about: 'numbers', more: '{"a": [1, 2]}' },
};

function network(): tf.LayersModel {
  const input = tf.input({ shape: [8, 8, 3] });
  const first = tf.layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same', name: 'first' }).apply(input);
  const second = tf.layers
    .conv2d({ filters: 4, kernelSize: 3, padding: 'same', name: 'second' })
    .apply(first);
  const sum = tf.layers.add({ name: 'sum' }).apply([first, second] as tf.SymbolicTensor[]);
  const pooled = tf.layers.globalAveragePooling2d({ name: 'pool', dataFormat: 'channelsLast' }).apply(sum);
  const output = tf.layers.dense({ units: 3, name: 'out' }).apply(pooled) as tf.SymbolicTensor;
  return tf.model({ inputs: input, outputs: output });
}

let stored: Promise<{ readonly topology: string; readonly weights: Uint8Array }> | null = null;
function files() {
  stored ??= tf.setBackend('cpu').then(() => encodeNetwork(network(), { role: 'plain', seed: 1 }));
  return stored;
}

async function read(topology: string, weights: Uint8Array): Promise<unknown> {
  const { model, metadata } = await decodeNetwork({ topology, weights });
  try {
    return [
      JSON.stringify(model.toJSON(null, false)),
      model.getWeights().map((weight) => weight.dataSync()),
      metadata,
    ];
  } finally {
    model.dispose();
  }
}

/** Tensors and networks. */
export const networkFiles: readonly Target[] = [
  {
    name: 'safetensors',
    sealed: false,
    samples: async () => [encodeSafetensors(file)],
    change: changeBytes,
    read: async (bytes) => decodeSafetensors(bytes),
    check: (value) => {
      const { tensors } = value as ReturnType<typeof decodeSafetensors>;
      return [...tensors.values()].map(checkArray).find((problem) => problem !== null) ?? null;
    },
  },
  {
    name: 'safetensors header',
    sealed: false,
    samples: async () => [encodeSafetensors(file)],
    change(bytes, random) {
      const length = Number(Buffer.from(bytes).readBigUInt64LE());
      const header = changeText(bytes.subarray(8, 8 + length), random);
      const start = Buffer.alloc(8);
      start.writeBigUInt64LE(BigInt(header.length));
      return Buffer.concat([start, header, bytes.subarray(8 + length)]);
    },
    read: async (bytes) => decodeSafetensors(bytes),
    check: (value) => {
      const { tensors } = value as ReturnType<typeof decodeSafetensors>;
      return [...tensors.values()].map(checkArray).find((problem) => problem !== null) ?? null;
    },
  },
  {
    name: 'sealed safetensors',
    sealed: true,
    samples: async () => [await encodeSealed(file)],
    change: changeBytes,
    read: (bytes) => decodeSealed(bytes, 'sealed'),
  },
  {
    name: 'network weights',
    sealed: true,
    samples: async () => [(await files()).weights],
    change: changeBytes,
    read: async (bytes) => read((await files()).topology, bytes),
  },
  {
    name: 'network topology',
    sealed: true,
    samples: async () => [Buffer.from((await files()).topology)],
    change: changeText,
    read: async (bytes) => read(new TextDecoder().decode(bytes), (await files()).weights),
  },
  {
    // Someone who changes a network on purpose makes its checksum anew.
    name: 'network topology sealed anew',
    sealed: false,
    samples: async () => [Buffer.from((await files()).topology)],
    change: changeText,
    async read(bytes) {
      const topology = new TextDecoder().decode(bytes);
      const { tensors, metadata } = await decodeSealed((await files()).weights, 'weights');
      const sum = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(topology));
      const sealed = await encodeSealed({
        tensors: tensors as Parameters<typeof encodeSealed>[0]['tensors'],
        metadata: { ...metadata, topology: Buffer.from(sum).toString('hex') },
      });
      return read(topology, sealed);
    },
  },
];
