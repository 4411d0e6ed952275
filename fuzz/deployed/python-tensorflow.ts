import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { StoredTensor } from '@overparam/export';
import { readSafetensors, writeSafetensors } from '@overparam/export/node';

/** Runs SavedModels one after the other, as TensorFlow takes seconds to start. safetensors is read by hand: numbers behind JSON. */
const server = `
import json, os, struct, sys
os.environ['TF_CPP_MIN_LOG_LEVEL'] = '3'
import numpy as np, tensorflow as tf

def load(path):
    with open(path, 'rb') as file:
        header = json.loads(file.read(struct.unpack('<Q', file.read(8))[0]))
        data = file.read()
    return {name: np.frombuffer(data[t['data_offsets'][0]:t['data_offsets'][1]], '<f4').reshape(t['shape'])
            for name, t in header.items() if name != '__metadata__'}

def save(path, tensors):
    header, data = {}, b''
    for name, value in tensors.items():
        raw = np.ascontiguousarray(value, '<f4').tobytes()
        header[name] = {'dtype': 'F32', 'shape': list(value.shape), 'data_offsets': [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b' ' * (-len(text) % 8)
    with open(path, 'wb') as file:
        file.write(struct.pack('<Q', len(text)) + text + data)

print('TensorFlow ' + tf.__version__, flush=True)
for line in sys.stdin:
    folder = line.strip()
    try:
        run = tf.saved_model.load(folder).signatures['serving_default']
        made = run(**{name: tf.constant(value) for name, value in load(folder + '/inputs').items()})
        save(folder + '/outputs', {name: value.numpy() for name, value in made.items()})
        print('ok', flush=True)
    except Exception as error:
        print(repr(error).replace('\\n', ' '), flush=True)
`;

let python: { readonly child: ChildProcess; readonly lines: AsyncIterator<string> } | null = null;

/** Runs a SavedModel's `serving_default` in the Python that `OVERPARAM_TENSORFLOW_PYTHON` names. @returns outputs by name */
export async function runInPythonTensorflow(
  folder: string,
  inputs: ReadonlyMap<string, StoredTensor>,
): Promise<ReadonlyMap<string, StoredTensor>> {
  if (!python) {
    const child = spawn(process.env.OVERPARAM_TENSORFLOW_PYTHON!, ['-c', server], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    child.unref();
    python = { child, lines: createInterface({ input: child.stdout! })[Symbol.asyncIterator]() };
    await python.lines.next();
  }
  await writeSafetensors(join(folder, 'inputs'), { tensors: inputs, metadata: {} });
  python.child.stdin!.write(`${folder}\n`);
  const { value } = await python.lines.next();
  if (value !== 'ok') throw new Error(`tf.saved_model.load: ${value}`);
  return (await readSafetensors(join(folder, 'outputs'))).tensors as ReadonlyMap<string, StoredTensor>;
}

/** Lets the Python of {@link runInPythonTensorflow} go. */
export function stopPythonTensorflow(): void {
  python?.child.kill();
  python = null;
}
