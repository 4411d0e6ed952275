import * as tf from '@tensorflow/tfjs';

/** Reads what a compiled step gave, and disposes it. */
export async function read(
  outputs: Readonly<Record<string, tf.Tensor>>,
): Promise<Readonly<Record<string, readonly number[]>>> {
  try {
    const entries = Object.entries(outputs).map(
      async ([name, tensor]) => [name, [...(await tensor.data())].map(Number)] as const,
    );
    return Object.fromEntries(await Promise.all(entries));
  } finally {
    tf.dispose(outputs as tf.NamedTensorMap);
  }
}

/** Rows of a square matrix. */
export function rowsOf(matrix: readonly number[], size: number): number[][] {
  return Array.from({ length: size }, (_, row) => matrix.slice(row * size, (row + 1) * size));
}

/** Numbers named `<kind>/<task>`, by task. */
export function byTask(
  numbers: Readonly<Record<string, readonly number[]>>,
  kind: string,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(numbers).flatMap(([name, [value]]) =>
      name.startsWith(`${kind}/`) ? [[name.slice(kind.length + 1), value!]] : [],
    ),
  );
}
