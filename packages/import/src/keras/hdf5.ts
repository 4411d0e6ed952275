import { readFile } from 'node:fs/promises';
import { withMemoryAtMost } from '@overparam/dataset-files';
import { OverparamError } from '@overparam/errors';
import { countOf, type SourceTensor } from '../tensors';
import { heapProblem } from './check-heaps';

/** What is read of an HDF5 file: arrays of numbers by their paths, and texts that stand beside groups. */
export interface Hdf5Content {
  readonly arrays: ReadonlyMap<string, SourceTensor>;
  /** A text by the group's path and its name; null where there is none. */
  text(group: string, name: string): string | null;
}

/** Memory that the library may take beyond the file's contents. */
const spare = 2 ** 25;

/** How deep groups may lie, and how many things a file may hold. */
const limits = { depth: 24, entries: 200_000, bytesPerEntry: 32 } as const;

/** What of h5wasm is used here. */
type Library = typeof import('h5wasm/node').default;

/**
 * Reads an HDF5 file as a whole. The library is the HDF5 group's own code, compiled to WebAssembly: it runs in memory of its
 * own, which may not grow beyond what the file can need.
 *
 * @param texts  names of texts that are kept, such as `model_config`
 * @throws OverparamError `hdf5-invalid`
 */
export async function readHdf5(path: string, source: string, texts: readonly string[]): Promise<Hdf5Content> {
  const bytes = await readFile(path);
  const size = bytes.length;
  const fail = (problem: string, cause?: unknown) =>
    new OverparamError(
      'hdf5-invalid',
      `${source}: expected an HDF5 file of Keras, but ${problem}. The file is damaged; fetch it again, or save the network again.`,
      { cause },
    );
  const heaps = heapProblem(bytes);
  if (heaps !== null) throw fail(heaps);
  const { default: h5wasm } = await import('h5wasm/node');
  const library = await h5wasm.ready;
  const most = library.HEAPU8.length + 4 * size + spare;
  try {
    library.activate_throwing_error_handler();
    return withMemoryAtMost(most, () => readAll(h5wasm, path, size, texts, fail));
  } catch (cause) {
    if (cause instanceof OverparamError) throw cause;
    throw fail(`it cannot be read (${reasonOf(cause)})`, cause);
  } finally {
    try {
      library.deactivate_throwing_error_handler();
    } catch {
      // A damaged file can lead the library out of its memory: from then on it refuses every call, this one too.
    }
  }
}

function readAll(
  h5wasm: Library,
  path: string,
  size: number,
  texts: readonly string[],
  fail: (problem: string) => OverparamError,
): Hdf5Content {
  const file = new h5wasm.File(path, 'r');
  try {
    const arrays = new Map<string, SourceTensor>();
    const found = new Map<string, string>();
    let left = 4 * size + 2 ** 20;
    let entries = 0;
    const visit = (group: InstanceType<Library['Group']>, at: string, depth: number): void => {
      if (depth > limits.depth) throw fail(`its groups lie deeper than ${limits.depth}`);
      for (const name of texts) {
        if (!(name in group.attrs)) continue;
        const value: unknown = group.attrs[name]!.value;
        if (typeof value === 'string') found.set(`${at}\n${name}`, value);
      }
      for (const key of group.keys()) {
        entries++;
        // Groups of a damaged file may hold themselves.
        if (entries > Math.min(limits.entries, size / limits.bytesPerEntry)) {
          throw fail(`it holds ${entries} things, more than it has room for`);
        }
        const child = group.get(key);
        const own = at === '' ? key : `${at}/${key}`;
        if (child instanceof h5wasm.Group) visit(child, own, depth + 1);
        else if (child instanceof h5wasm.Dataset) {
          const { shape, size: width } = child.metadata;
          const bytes = countOf(shape ?? []) * width;
          left -= bytes;
          if (!(left >= 0))
            throw fail(`array "${own}" and those before take more memory than the file has numbers for`);
          const array = numbersOf(child.value, shape ?? []);
          if (array) arrays.set(own, array);
        }
      }
    };
    visit(file, '', 0);
    return { arrays, text: (group, name) => found.get(`${group}\n${name}`) ?? null };
  } finally {
    file.close();
  }
}

/** An array of floating-point numbers; others are no weights. */
function numbersOf(value: unknown, shape: readonly number[]): SourceTensor | null {
  if (typeof value === 'number') return { dtype: 'float32', shape: [], data: Float32Array.of(value) };
  if (!(value instanceof Float32Array || value instanceof Float64Array)) return null;
  if (value.length !== countOf(shape)) return null;
  // A copy: the library's memory is used again.
  return {
    dtype: value instanceof Float32Array ? 'float32' : 'float64',
    shape: [...shape],
    data: value.slice(),
  };
}

/** What the library says, the first cause of its list. */
function reasonOf(cause: unknown): string {
  const { message = String(cause) } = Object(cause) as { message?: string };
  const reasons = [...message.matchAll(/\(\): (.+)/g)];
  return (reasons.at(-1)?.[1] ?? message.split('\n')[0]!).slice(0, 200);
}
