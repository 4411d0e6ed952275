import { OverparamError } from '@overparam/errors';
import type { FlatCall, StoredTensor } from '@overparam/export';
import type { Shape } from '@tensorflow/tfjs';

/** A weight of a layer. */
export interface Weight {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A tensor of the network in the Python file. */
export interface Value {
  /** A Python variable. */
  readonly name: string;
  /** In TensorFlow.js's order of axes. */
  readonly shape: Shape;
}

/** What a layer's writer works with. */
export interface Context {
  readonly call: FlatCall;
  readonly config: Readonly<Record<string, unknown>>;
  /** Whether the layer is used several times, on images that may have different sizes. */
  readonly shared: boolean;
  readonly inputs: readonly Value[];
  /** A weight by the last part of its name; null where there is none. */
  weight(name: string): Weight | null;
  /**
   * A module of this layer, made once however often it is used.
   *
   * @param part   where the layer needs several; empty for the only one
   * @param code   Python that makes it
   * @returns      Python that is the module
   */
  module(part: string, code: string, tensors: Readonly<Record<string, Weight>>): string;
  /** Adds a line that gives a new variable. @returns the variable */
  line(code: string): string;
  refuse(reason: string, instead: string): never;
}

/** Writes a layer's call as lines of Python. @returns variables of its outputs */
export type LayerWriter = (context: Context) => string | readonly string[];

/** The error for a layer that cannot be written. */
export function unsupported(path: string, kind: string, reason: string, instead: string): OverparamError {
  return new OverparamError(
    'unsupported-layer',
    `The layer "${path}" (${kind}) cannot be written for PyTorch: ${reason}. ${instead}`,
  );
}

/** A weight as it is stored. */
export function stored({ shape, data }: Weight): StoredTensor {
  return { dtype: 'F32', shape, data };
}

/** A weight with its axes moved: axis `i` of the result is axis `order[i]`. */
export function moved({ shape, data }: Weight, order: readonly number[]): Weight {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, side) => product * side, 1));
  const sides = order.map((axis) => shape[axis]!);
  const result = new Float32Array(data.length);
  for (let to = 0; to < result.length; to++) {
    let [rest, from] = [to, 0];
    for (let axis = order.length - 1; axis >= 0; axis--) {
      from += (rest % sides[axis]!) * strides[order[axis]!]!;
      rest = Math.floor(rest / sides[axis]!);
    }
    result[to] = data[from]!;
  }
  return { shape: sides, data: result };
}

/** Numbers as a Python tuple. */
export const tuple = (values: readonly number[]) => `(${values.join(', ')}${values.length === 1 ? ',' : ''})`;

/** One number for each axis, where one may stand for all. */
export function each(value: unknown, axes = 2): number[] {
  if (Array.isArray(value)) return value as number[];
  return new Array<number>(axes).fill(typeof value === 'number' ? value : 1);
}

/** For tfjs's order of four axes, PyTorch's, and back. */
export const channelsLast = '.permute(0, 2, 3, 1)';
export const channelsFirst = '.permute(0, 3, 1, 2)';
