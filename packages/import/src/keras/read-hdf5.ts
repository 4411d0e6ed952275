import { readFile } from 'node:fs/promises';
import { withMemoryAtMost } from '@overparam/dataset-files/memory-limit';
import { countOf, type SourceTensor } from '../tensors';
import { heapProblem } from './check-heaps';

/** What is read of an HDF5 file. */
export interface Hdf5Parts {
  readonly arrays: ReadonlyMap<string, SourceTensor>;
  /** By the group's path and the text's name, with a line's end between them. */
  readonly texts: ReadonlyMap<string, string>;
}

/** What is wrong with a file, as the end of a sentence, and whether the library is as it was. */
export class Damaged extends Error {
  constructor(
    problem: string,
    readonly sound = true,
  ) {
    super(problem);
  }
}

/** Memory that the library may take beyond the file's contents. */
const spare = 2 ** 25;

/** How deep groups may lie, and how many things a file may hold. */
const limits = { depth: 24, entries: 200_000, bytesPerEntry: 32 } as const;

/** What of h5wasm is used here. */
export type Library = typeof import('h5wasm/node').default;

/** Loads the library, which takes most of the time that a small file takes. */
export async function loadHdf5(): Promise<Library> {
  const { default: h5wasm } = await import('h5wasm/node');
  await h5wasm.ready;
  return h5wasm;
}

/**
 * Reads an HDF5 file as a whole, in memory that may not grow beyond what the file can need.
 *
 * @param texts  names of texts that are kept
 * @throws Damaged
 */
export async function readWhole(h5wasm: Library, path: string, texts: readonly string[]): Promise<Hdf5Parts> {
  const bytes = await readFile(path);
  const size = bytes.length;
  const heaps = heapProblem(bytes);
  if (heaps !== null) throw new Damaged(heaps);
  const library = await h5wasm.ready;
  const most = library.HEAPU8.length + 4 * size + spare;
  try {
    library.activate_throwing_error_handler();
    return withMemoryAtMost(most, () => readAll(h5wasm, path, size, texts));
  } catch (cause) {
    if (cause instanceof Damaged) throw cause;
    // A fall out of its memory, or the end of it, is no error of the library's own.
    const { message = '', name } = Object(cause) as { message?: string; name?: string };
    const sound = name === 'Error' && message.includes('HDF5');
    throw new Damaged(`it cannot be read (${reasonOf(message)})`, sound);
  } finally {
    try {
      library.deactivate_throwing_error_handler();
    } catch {
      // A library that fell out of its memory refuses every call, this one too.
    }
  }
}

/** What the library says, the first cause of its list. */
function reasonOf(message: string): string {
  const reasons = [...message.matchAll(/\(\): (.+)/g)];
  return (reasons.at(-1)?.[1] ?? message.split('\n')[0]!).slice(0, 200);
}

/** What a file holds; run in a thread of its own. */
function readAll(h5wasm: Library, path: string, size: number, texts: readonly string[]): Hdf5Parts {
  const fail = (problem: string) => new Damaged(problem);
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
    return { arrays, texts: found };
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
