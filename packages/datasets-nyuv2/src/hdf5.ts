import { open } from 'node:fs/promises';
import { withMemoryAtMost } from '@overparam/dataset-files';
import type { Dataset, File } from 'h5wasm/node';

/** The most bytes that one chunk of an array may unpack to; the official file's have far fewer. */
const mostChunk = 2 ** 24;
/** The most bytes that the library's memory may grow by: a chunk as stored, unpacked, and room to unpack it in. */
const mostGrowth = 2 ** 26;

/** An HDF5 file, opened for reading. */
export interface Hdf5 {
  /**
   * An array of a name, of numbers that are no wider than four bytes.
   *
   * @throws what `fail` gives where there is none
   */
  array(name: string): Hdf5Array;
  close(): void;
}

/** An array in an HDF5 file. */
export interface Hdf5Array {
  readonly shape: readonly number[];
  /** A box of the array: from where to where, by axis. */
  slice(ranges: readonly (readonly [number, number])[]): Uint8Array | Uint16Array | Float32Array;
}

/**
 * Opens an HDF5 file (MATLAB 7.3 is such).
 *
 * What cannot be read is an error: the library itself prints a message, and gives zeros for a damaged chunk. What unpacks to
 * more than it should is refused before there is memory for it.
 *
 * @param fail  makes the error from what is wrong, a sentence
 */
export async function openHdf5(
  path: string,
  fail: (problem: string, cause?: unknown) => Error,
): Promise<Hdf5> {
  if (!(await isHdf5(path))) throw fail('is no HDF5 file (wrong first bytes).');
  const { default: h5wasm } = await import('h5wasm/node');
  const library = await h5wasm.ready;
  const most = library.HEAPU8.length + mostGrowth;
  const guarded = <Result>(work: () => Result, what: string): Result => {
    library.activate_throwing_error_handler();
    try {
      return withMemoryAtMost(most, work);
    } catch (cause) {
      throw fail(`${what} (${reasonOf(cause)}).`, cause);
    } finally {
      library.deactivate_throwing_error_handler();
    }
  };
  const file: File = guarded(() => new h5wasm.File(path, 'r'), 'cannot be opened as HDF5');
  return {
    array(name) {
      const found = guarded(() => file.get(name), `its array "${name}" cannot be read`);
      if (!(found instanceof h5wasm.Dataset)) throw fail(`has no array "${name}".`);
      const dataset: Dataset = found;
      const { shape, chunks, size } = guarded(() => dataset.metadata, `its array "${name}" cannot be read`);
      const bytes = (chunks ?? []).reduce((product, side) => product * side, size);
      if (bytes > mostChunk) {
        throw fail(`"${name}" is packed in chunks of ${bytes} bytes; at most ${mostChunk} are unpacked.`);
      }
      return {
        shape: shape ?? [],
        slice(ranges) {
          const part = guarded(
            () => dataset.slice(ranges.map(([from, to]): [number, number] => [from, to])),
            `its array "${name}" cannot be unpacked at [${ranges.map(([from]) => from)}]`,
          );
          if (part instanceof Uint8Array || part instanceof Uint16Array || part instanceof Float32Array)
            return part;
          throw fail(`"${name}" holds numbers of another type.`);
        },
      };
    },
    close: () => void file.close(),
  };
}

/** What the library says, the first cause of its list. */
function reasonOf(cause: unknown): string {
  const { message = String(cause) } = Object(cause) as { message?: string };
  const reasons = [...message.matchAll(/\(\): (.+)/g)];
  return reasons.at(-1)?.[1] ?? message.split('\n')[0]!;
}

/** MATLAB puts 512 bytes of its own before the HDF5 file; the library would print its own messages first. */
async function isHdf5(path: string): Promise<boolean> {
  const signature = Buffer.from('\x89HDF\r\n\x1a\n', 'latin1');
  const file = await open(path, 'r');
  try {
    const bytes = Buffer.alloc(520);
    await file.read(bytes, 0, 520, 0);
    return bytes.subarray(0, 8).equals(signature) || bytes.subarray(512).equals(signature);
  } finally {
    await file.close();
  }
}
