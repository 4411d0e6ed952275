import { OverparamError } from '@overparam/errors';
import type { SourceTensor } from '../tensors';
import { readInThread } from './hdf5-thread';

/** What is read of an HDF5 file: arrays of numbers by their paths, and texts that stand beside groups. */
export interface Hdf5Content {
  readonly arrays: ReadonlyMap<string, SourceTensor>;
  /** A text by the group's path and its name; null where there is none. */
  text(group: string, name: string): string | null;
}

/**
 * Reads an HDF5 file as a whole. The library is the HDF5 Group's own code, compiled to WebAssembly: it runs in a thread and in
 * memory of its own, which may not grow beyond what the file can need, and is ended where it does not come to an end.
 *
 * @param texts  names of texts that are kept, such as `model_config`
 * @throws OverparamError `hdf5-invalid`
 */
export async function readHdf5(path: string, source: string, texts: readonly string[]): Promise<Hdf5Content> {
  const answer = await readInThread({ path, texts });
  if ('problem' in answer) {
    throw new OverparamError(
      'hdf5-invalid',
      `${source}: expected an HDF5 file of Keras, but ${answer.problem}. The file is damaged; fetch it again, or save the network again.`,
    );
  }
  const { arrays, texts: found } = answer.parts;
  return { arrays, text: (group, name) => found.get(`${group}\n${name}`) ?? null };
}
