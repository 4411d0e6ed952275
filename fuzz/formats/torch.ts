import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { StoredTensor } from '@overparam/export';
import { readSafetensors, writeSafetensors } from '@overparam/export/node';
import { encodeForTorch } from '@overparam/export-torch';
import * as tf from '@tensorflow/tfjs';
import type { FormatCheck } from './format';

/** Runs networks one after the other, as PyTorch takes seconds to start. */
const server = `
import importlib.util, sys, torch
from safetensors.torch import load_file, save_file
for line in sys.stdin:
    folder = line.strip()
    try:
        spec = importlib.util.spec_from_file_location('network', folder + '/network.py')
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        given = load_file(folder + '/inputs')
        with torch.no_grad():
            made = module.load(folder + '/weights')(*(given[name] for name in module.Network.inputs))
        save_file({name: value.contiguous().clone() for name, value in made.items()}, folder + '/outputs')
        print('ok', flush=True)
    except Exception as error:
        print(repr(error).replace('\\n', ' '), flush=True)
`;

let python: { readonly child: ChildProcess; readonly lines: AsyncIterator<string> } | null = null;

function started() {
  if (python) return python;
  const child = spawn(process.env.OVERPARAM_PYTHON ?? 'python3', ['-c', server], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.unref();
  python = { child, lines: createInterface({ input: child.stdout! })[Symbol.asyncIterator]() };
  return python;
}

/** Lets the Python of {@link torch} go. */
export function stopTorch(): void {
  python?.child.kill();
  python = null;
}

/**
 * What PyTorch makes of a network, from safetensors: the Python that `OVERPARAM_PYTHON` names.
 *
 * @returns the outputs in the network's order, images with their channels last; the caller disposes
 */
export async function outputsInTorch(
  model: tf.LayersModel,
  inputs: readonly tf.Tensor[],
): Promise<tf.Tensor[]> {
  const network = await encodeForTorch(model);
  const folder = await mkdtemp(join(tmpdir(), 'overparam-torch-'));
  try {
    await writeSafetensors(join(folder, 'weights'), { tensors: network.tensors, metadata: {} });
    await writeFile(join(folder, 'network.py'), network.python);
    const given = new Map(
      inputs.map((input, index) => [network.inputs[index]!, turned(input, [0, 3, 1, 2])]),
    );
    await writeSafetensors(join(folder, 'inputs'), { tensors: given, metadata: {} });
    const { child, lines } = started();
    child.stdin!.write(`${folder}\n`);
    const { value } = await lines.next();
    if (value !== 'ok') throw new Error(`PyTorch: ${value}`);
    const { tensors } = await readSafetensors(join(folder, 'outputs'));
    return network.outputs.map((name) => {
      const { data, shape } = tensors.get(name) as StoredTensor;
      return tf.tidy(() => {
        const made = tf.tensor(data as Float32Array, [...shape]);
        return made.rank === 4 ? tf.transpose(made, [0, 2, 3, 1]) : tf.clone(made);
      });
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** safetensors for PyTorch, run by PyTorch. */
export const torch: FormatCheck = async (model, inputs, expected) => {
  const found = await outputsInTorch(model, inputs);
  const gaps = expected.map((tensor, index) => gapTo(tensor, found[index]!));
  tf.dispose(found);
  return Math.max(...gaps);
};

function turned(tensor: tf.Tensor, order: number[]): StoredTensor {
  return tf.tidy(() => {
    const other = tensor.rank === 4 ? tf.transpose(tensor, order) : tensor;
    return { dtype: 'F32', shape: other.shape, data: Float32Array.from(other.dataSync()) } as const;
  });
}

function gapTo(expected: tf.Tensor, found: tf.Tensor): number {
  return tf.tidy(() => {
    if (found.shape.join() !== expected.shape.join()) return Number.POSITIVE_INFINITY;
    const difference = tf.max(tf.abs(tf.sub(found, expected))).dataSync()[0]!;
    return difference === 0 ? 0 : difference / tf.max(tf.abs(expected)).dataSync()[0]!;
  });
}
