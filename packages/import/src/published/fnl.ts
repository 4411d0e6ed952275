import { OverparamError } from '@overparam/errors';
import type { Fitting } from '../fit';
import { doublesOf } from '../tensors';
import type { Kernel } from './kernels';

/**
 * The kernel of a published factorised layer: factors `U` `[cout * kh, rank]`, perhaps `M` `[rank, rank]`, and `VT`
 * `[rank, cin * kw]`.
 *
 * Their product's rows are (output channel, kernel row) and its columns (input channel, kernel column). The published code
 * computes with that order, `transposed`; it has another one as a comment, and factorises kernels in it, `plain`, in which
 * the same numbers in memory are read as `[cout, cin, kh, kw]`. A file does not say which one it was trained with.
 *
 * How large a kernel is follows from the norm behind the layer, `bn1` for `conv1`; a layer without one is a dense layer.
 *
 * Source: Khodak et al. 2021, https://arxiv.org/abs/2105.01029, and https://github.com/microsoft/fnl_paper
 *
 * @param name  of the layer, with its last dot
 */
export function factorised(fitting: Fitting, name: string, reshape: 'transposed' | 'plain'): Kernel {
  const left = fitting.take(`${name}U`, [null, null]);
  const [rows, rank] = left.shape as [number, number];
  const right = fitting.take(`${name}VT`, [rank, null]);
  const columns = right.shape[1]!;
  const middle = fitting.optional(`${name}M`, [rank, rank]);
  const scaled = middle
    ? product(doublesOf(middle), doublesOf(right), rank, rank, columns)
    : doublesOf(right);
  const matrix = product(doublesOf(left), scaled, rows, rank, columns);
  const norm = normBehind(name);
  const cout = norm === null ? rows : (fitting.state.get(`${norm}.weight`)?.shape[0] ?? rows);
  const side = rows / cout;
  const cin = columns / side;
  if (!Number.isInteger(side) || !Number.isInteger(cin)) {
    throw new OverparamError(
      'shapes-mismatch',
      `${fitting.source}: layer "${name.replace(/\.$/, '')}" has factors of ${rows} rows and ${columns} columns, which fit no square kernel of the ${cout} channels of the norm "${norm}". Only square kernels are read.`,
    );
  }
  const shape = [cout, cin, side, side] as const;
  if (reshape === 'plain' || side === 1) return { shape, data: matrix };
  const data = new Float64Array(matrix.length);
  for (let o = 0; o < cout; o++) {
    for (let row = 0; row < side; row++) {
      for (let i = 0; i < cin; i++) {
        for (let column = 0; column < side; column++) {
          data[((o * cin + i) * side + row) * side + column] =
            matrix[(o * side + row) * columns + i * side + column]!;
        }
      }
    }
  }
  return { shape, data };
}

/** Whether a factorised layer is a dense one, by its name. */
export function isDense(name: string): boolean {
  return normBehind(name) === null;
}

/** The norm behind a convolution by its name: `layer1.0.bn2` behind `layer1.0.conv2.`; null where the name is no such. */
function normBehind(name: string): string | null {
  const found = /^(.*?)conv(\d*)\.$/.exec(name);
  return found ? `${found[1]}bn${found[2]}` : null;
}

/** a `[rows, inner]` times b `[inner, columns]`. */
function product(
  a: Float64Array,
  b: Float64Array,
  rows: number,
  inner: number,
  columns: number,
): Float64Array {
  const result = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let at = 0; at < inner; at++) {
      const factor = a[row * inner + at]!;
      for (let column = 0; column < columns; column++) {
        result[row * columns + column]! += factor * b[at * columns + column]!;
      }
    }
  }
  return result;
}
