import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { OverparamError } from '@overparam/errors';
import type { StoredTensor } from '@overparam/export';
import { readSafetensors, writeSafetensors } from '@overparam/export/node';
import { encodeForTorch, type TorchNetwork } from '@overparam/export-torch';
import { writeFileAtomic } from '@overparam/files';
import * as tf from '@tensorflow/tfjs';
import { outputGap } from '../gap';
import type { Exported, OutputGap, ReadBack, Writer } from '../writer';
import { type Python, pythonWithTorch, runPython } from './python';

/** Files of a network for PyTorch. */
export const torchFiles = { weights: 'model.safetensors', python: 'network.py' } as const;

/** safetensors for PyTorch with a Python file, read back by PyTorch where there is one. */
export const torch: Writer = {
  name: 'safetensors',
  summary: 'safetensors with the names and layouts of PyTorch, and a Python file that builds the network',
  norms: 'keep',
  async write(exported) {
    const { folder, model, about, options } = exported;
    const network = await encodeForTorch(model, { names: options.names, weightsFile: torchFiles.weights });
    const metadata = { format: 'pt', role: about.role, overparam: JSON.stringify(about) };
    await writeSafetensors(join(folder, torchFiles.weights), { tensors: network.tensors, metadata });
    await writeFileAtomic(join(folder, torchFiles.python), network.python);
    const python = await pythonWithTorch();
    return python ? runInPython(exported, network, python) : compareTensors(exported, network);
  },
};

async function runInPython(
  { folder, probes, expected }: Exported,
  { inputs, outputs }: TorchNetwork,
  python: Python,
): Promise<ReadBack> {
  const [given, made] = [join(folder, '.inputs'), join(folder, '.outputs')];
  const tensors = new Map<string, StoredTensor>();
  for (const [index, probe] of probes.entries()) tensors.set(inputs[index]!, await channelsFirst(probe));
  await writeSafetensors(given, { tensors, metadata: {} });
  try {
    await runPython(python, [join(folder, torchFiles.python), join(folder, torchFiles.weights), given, made]);
    const found = await readSafetensors(made);
    const gaps: OutputGap[] = [];
    for (const [index, tensor] of expected.entries()) {
      const name = outputs[index]!;
      const { data, shape } = found.tensors.get(name) as StoredTensor;
      gaps.push(outputGap(name, tensor, await tensor.data(), channelsLast(data as Float32Array, shape)));
    }
    return { by: `PyTorch ${python.torch}`, outputs: gaps };
  } catch (cause) {
    throw new OverparamError(
      'export-mismatch',
      `PyTorch does not take the network: ${endOf(cause as Ended)}`,
      { cause },
    );
  } finally {
    await rm(given, { force: true });
    await rm(made, { force: true });
  }
}

/** How a program ended. */
interface Ended {
  readonly stderr?: string;
  readonly signal?: string | null;
  readonly code?: string | number | null;
}

/** What it said last; one that was ended by others, for want of memory say, has said nothing. */
function endOf({ stderr = '', signal, code }: Ended): string {
  const last = stderr.trim().split('\n').at(-1)!;
  if (last !== '') return last;
  return `Python ended ${signal ? `by ${signal}` : `with code ${code}`} and said nothing.`;
}

/** Without PyTorch, that what was written is what is read; nothing is computed. */
async function compareTensors({ folder, model }: Exported, { tensors }: TorchNetwork): Promise<ReadBack> {
  const read = await readSafetensors(join(folder, torchFiles.weights));
  let gap = read.tensors.size === tensors.size ? 0 : Number.POSITIVE_INFINITY;
  for (const [name, { data }] of tensors) {
    const other = read.tensors.get(name)?.data;
    const same =
      other?.length === data.length && data.every((value, index) => Object.is(value, other[index]));
    if (!same) gap = Number.POSITIVE_INFINITY;
  }
  const by =
    'this program, tensors alone, as there is no Python with torch and safetensors (set OVERPARAM_PYTHON)';
  return { by, outputs: model.outputNames.map((output) => ({ output, gap, gapOfMost: gap })) };
}

async function channelsFirst(probe: tf.Tensor): Promise<StoredTensor> {
  const turned = tf.tidy(() => (probe.rank === 4 ? tf.transpose(probe, [0, 3, 1, 2]) : tf.clone(probe)));
  const data = Float32Array.from(await turned.data());
  const { shape } = turned;
  turned.dispose();
  return { dtype: 'F32', shape, data };
}

function channelsLast(data: Float32Array, shape: readonly number[]): Float32Array {
  if (shape.length !== 4) return data;
  const [n, c, h, w] = shape as [number, number, number, number];
  const result = new Float32Array(data.length);
  for (let i = 0; i < n; i++)
    for (let channel = 0; channel < c; channel++)
      for (let pixel = 0; pixel < h * w; pixel++)
        result[(i * h * w + pixel) * c + channel] = data[(i * c + channel) * h * w + pixel]!;
  return result;
}
