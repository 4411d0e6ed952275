import { open, stat } from 'node:fs/promises';
import { OverparamError } from '@overparam/errors';
import type { ReadTensor } from '@overparam/export';
import { readSafetensors } from '@overparam/export/node';
import { type CheckpointOptions, isOldCheckpoint, oldCheckpoint, readCheckpoint } from './pytorch/checkpoint';
import { withoutWrappers } from './pytorch/state-dict';
import type { SourceTensor, StateDict } from './tensors';

/** Types by their names in the safetensors format. */
const types: Readonly<Record<ReadTensor['dtype'], string>> = {
  F64: 'float64',
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
  I64: 'int64',
  I32: 'int32',
  U8: 'uint8',
  BOOL: 'bool',
};

/** What kind of file one is, by its first bytes; its name says nothing. */
export type FileKind = 'checkpoint' | 'old checkpoint' | 'keras' | 'hdf5' | 'json' | 'safetensors';

/**
 * What a file is.
 *
 * @throws OverparamError `file-missing`; `wrong-file` for a folder and for other files
 */
export async function kindOf(path: string): Promise<FileKind> {
  const found = await stat(path).catch(() => null);
  if (found?.isDirectory()) {
    throw new OverparamError(
      'wrong-file',
      `"${path}" is a folder. Give a file; of a network's folder that is its model.json.`,
    );
  }
  if (!found) {
    throw new OverparamError(
      'file-missing',
      `There is no file "${path}". Give a checkpoint of PyTorch, a safetensors file, a .keras or .h5 file, or a model.json of TensorFlow.js.`,
    );
  }
  const start = new Uint8Array(16);
  const file = await open(path, 'r');
  try {
    await file.read(start, 0, start.length, 0);
  } finally {
    await file.close();
  }
  const text = new TextDecoder('latin1').decode(start);
  if (text.startsWith('\x89HDF\r\n\x1a\n')) return 'hdf5';
  if (text.startsWith('PK')) return /\.keras$/i.test(path) ? 'keras' : 'checkpoint';
  if (isOldCheckpoint(start)) return 'old checkpoint';
  if (start[8] === 0x7b || /\.safetensors$/i.test(path)) return 'safetensors';
  if (/^\s*\{/.test(text)) return 'json';
  throw new OverparamError(
    'wrong-file',
    `${path}: it is none of what is imported: a checkpoint of PyTorch, a safetensors file, a .keras or .h5 file, or a model.json of TensorFlow.js. ONNX files and SavedModels are not; import what they were made from.`,
  );
}

/**
 * Reads the tensors of a file of PyTorch's: a checkpoint, or a safetensors file with PyTorch's names.
 *
 * @returns names without the prefixes `module.` and `_orig_mod.` where all have them
 * @throws OverparamError `file-missing`, `safetensors-invalid`, and as {@link readCheckpoint}
 */
export async function readTensors(path: string, options: CheckpointOptions = {}): Promise<StateDict> {
  const kind = await kindOf(path);
  if (kind === 'old checkpoint') throw oldCheckpoint(path);
  if (kind === 'checkpoint') return readCheckpoint(path, options);
  if (kind !== 'safetensors') {
    throw new OverparamError(
      'wrong-file',
      `${path}: it is a network of ${kind === 'json' ? 'TensorFlow.js' : 'Keras'} and holds no tensors of PyTorch. Leave the architecture out.`,
    );
  }
  const { tensors } = await readSafetensors(path);
  const read = [...tensors].map(([name, { dtype, shape, data }]): [string, SourceTensor] => [
    name,
    { dtype: types[dtype], shape, data },
  ]);
  return withoutWrappers(new Map(read));
}
