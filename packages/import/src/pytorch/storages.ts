import { OverparamError } from '@overparam/errors';
import { halfTable } from '@overparam/files/half';
import { countOf, type Numbers, type SourceTensor } from '../tensors';
import type { PickleTensor } from './pickle-values';

/** Bytes of a number, by its type. */
export const widths: Readonly<Record<string, number>> = {
  float32: 4,
  float64: 8,
  float16: 2,
  bfloat16: 2,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
};

/**
 * The numbers of a storage.
 *
 * @param bytes  low bytes first, as many as whole numbers need
 */
export function numbersOf(type: string, bytes: Uint8Array): Numbers {
  // A copy of its own begins at offset 0, where every kind of number may begin.
  const { buffer } = Uint8Array.from(bytes);
  switch (type) {
    case 'float64':
      return new Float64Array(buffer);
    case 'float16': {
      const table = halfTable();
      return Float32Array.from(new Uint16Array(buffer), (word) => table[word]!);
    }
    case 'bfloat16':
      return new Float32Array(Uint32Array.from(new Uint16Array(buffer), (word) => word << 16).buffer);
    case 'int64':
      return new BigInt64Array(buffer);
    case 'int32':
      return new Int32Array(buffer);
    case 'int16':
      return new Int16Array(buffer);
    case 'int8':
      return new Int8Array(buffer);
    case 'uint8':
    case 'bool':
      return new Uint8Array(buffer);
    default:
      return new Float32Array(buffer);
  }
}

/** Numbers that tensors which are no plain part of a storage may have, beyond four times those of all storages. */
const slack = 2 ** 20;

/**
 * Takes tensors out of storages. A tensor whose numbers lie one after the other is a part of its storage; others are
 * copied, up to a limit, since a few bytes can ask for a tensor of any size.
 */
export class Views {
  private copied = 0;

  /** @param stored  numbers in all storages together */
  constructor(
    private readonly stored: number,
    private readonly source: string,
  ) {}

  /**
   * @param name     the tensor's, for errors
   * @param numbers  of its storage
   * @throws OverparamError `checkpoint-invalid`
   */
  take(name: string, tensor: PickleTensor, numbers: Numbers): SourceTensor {
    const { storage, offset, shape, strides } = tensor;
    const count = countOf(shape);
    const fail = (problem: string) =>
      new OverparamError(
        'checkpoint-invalid',
        `${this.source}: tensor "${name.slice(0, 200)}" of shape [${shape}] ${problem}. The file is damaged; fetch or save it again.`,
      );
    if (count === 0) return { dtype: storage.type, shape, data: numbers.slice(0, 0) };
    const last = shape.reduce((sum, size, axis) => sum + (size - 1) * strides[axis]!, offset);
    if (!(last < numbers.length))
      throw fail(`reaches to number ${last} of a storage that has ${numbers.length}`);
    if (isContiguous(shape, strides)) {
      return { dtype: storage.type, shape, data: numbers.subarray(offset, offset + count) };
    }
    this.copied += count;
    if (!(this.copied <= 4 * this.stored + slack))
      throw fail('repeats numbers far more often than its file holds');
    const data = new (numbers.constructor as Float32ArrayConstructor)(count) as Numbers;
    copyStrided(data as Float32Array, numbers as Float32Array, offset, shape, strides);
    return { dtype: storage.type, shape, data };
  }
}

/** Whether numbers lie in row-major order without gaps; strides of axes of size 1 say nothing. */
function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] === 1) continue;
    if (strides[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}

/** Copies in row-major order; types are alike, so that any array stands for all. */
function copyStrided(
  to: Float32Array,
  from: Float32Array,
  offset: number,
  shape: readonly number[],
  strides: readonly number[],
): void {
  const index = shape.map(() => 0);
  let place = offset;
  for (let at = 0; at < to.length; at++) {
    to[at] = from[place]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]! += 1;
      place += strides[axis]!;
      if (index[axis]! < shape[axis]!) break;
      place -= shape[axis]! * strides[axis]!;
      index[axis] = 0;
    }
  }
}
