import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { family, type Input, type LayerCase, type Plain } from '../case';
import { elementAt, filled } from '../plain/broadcast';
import { Draw } from '../values';
import { seed, whole } from './windows';

interface Parameters {
  readonly seed: number;
  readonly shape: number[];
  readonly axis: number;
  /** Decides lengths and the like within the op. */
  readonly more: number[];
  readonly name: keyof typeof makers;
}

type Maker = (draw: Draw, shape: number[], axis: number, more: number[]) => LayerCase;

/** One input, and where each element of the output comes from; null for a zero. */
const moved = (
  input: Input,
  op: (x: tf.Tensor) => tf.Tensor,
  shape: readonly number[],
  from: (position: readonly number[]) => readonly number[] | null,
): LayerCase => ({
  inputs: [input],
  run: ([x]) => [op(x!)],
  expected: ([x]) => [
    filled(shape, (position) => {
      const source = from(position);
      return source === null ? 0 : elementAt(x!, source);
    }),
  ],
  tolerance: 0,
});

const replaced = (values: readonly number[], axis: number, value: number) =>
  values.map((other, at) => (at === axis ? value : other));

const makers = {
  concat: (draw: Draw, shape: number[], axis: number, more: number[]): LayerCase => {
    const lengths = [shape[axis]!, ...more.slice(0, 2).map((length) => length + 1)];
    return {
      inputs: lengths.map((length) => draw.input(replaced(shape, axis, length))),
      run: (inputs) => [tf.concat([...inputs], axis)],
      expected: (inputs) => [
        filled(
          replaced(
            shape,
            axis,
            lengths.reduce((a, b) => a + b),
          ),
          (position) => {
            let at = position[axis]!;
            let which = 0;
            while (at >= lengths[which]!) at -= lengths[which++]!;
            return elementAt(inputs[which]!, replaced(position, axis, at));
          },
        ),
      ],
      tolerance: 0,
    };
  },
  stack: (draw: Draw, shape: number[], axis: number): LayerCase => ({
    inputs: [draw.input(shape), draw.input(shape)],
    run: (inputs) => [tf.stack([...inputs], axis)],
    expected: (inputs) => [
      filled([...shape.slice(0, axis), 2, ...shape.slice(axis)], (position) =>
        elementAt(
          inputs[position[axis]!]!,
          position.filter((_, at) => at !== axis),
        ),
      ),
    ],
    tolerance: 0,
  }),
  unstack: (draw: Draw, shape: number[], axis: number): LayerCase => ({
    inputs: [draw.input(shape)],
    run: ([x]) => tf.unstack(x!, axis),
    expected: ([x]) =>
      Array.from({ length: shape[axis]! }, (_, at) =>
        filled(
          shape.filter((_length, other) => other !== axis),
          (position) => elementAt(x!, [...position.slice(0, axis), at, ...position.slice(axis)]),
        ),
      ),
    tolerance: 0,
  }),
  pad: (draw: Draw, shape: number[], _axis: number, more: number[]): LayerCase => {
    const pads = shape.map((_, at): [number, number] => [more[at]! % 3, more[at + 1]! % 3]);
    return moved(
      draw.input(shape),
      (x) => tf.pad(x, pads),
      shape.map((length, at) => length + pads[at]![0] + pads[at]![1]),
      (position) => {
        const source = position.map((value, at) => value - pads[at]![0]);
        return source.every((value, at) => value >= 0 && value < shape[at]!) ? source : null;
      },
    );
  },
  mirrorPad: (draw: Draw, shape: number[], _axis: number, more: number[]): LayerCase => {
    const pads = shape.map((length, at): [number, number] => [
      Math.min(more[at]!, length - 1) % 3,
      Math.min(more[at + 1]!, length - 1) % 3,
    ]);
    return moved(
      { ...draw.input(shape), differentiable: false },
      (x) => tf.mirrorPad(x, pads, 'reflect'),
      shape.map((length, at) => length + pads[at]![0] + pads[at]![1]),
      (position) =>
        position.map((value, at) => {
          const source = Math.abs(value - pads[at]![0]);
          return source < shape[at]! ? source : 2 * (shape[at]! - 1) - source;
        }),
    );
  },
  slice: (draw: Draw, shape: number[], _axis: number, more: number[]): LayerCase => {
    const begin = shape.map((length, at) => more[at]! % length);
    const size = shape.map((length, at) => 1 + (more[at + 1]! % (length - begin[at]!)));
    return moved(
      draw.input(shape),
      (x) => tf.slice(x, begin, size),
      size,
      (position) => position.map((value, at) => value + begin[at]!),
    );
  },
  stridedSlice: (draw: Draw, shape: number[], _axis: number, more: number[]): LayerCase => {
    const begin = shape.map((length, at) => more[at]! % length);
    const strides = shape.map((_, at) => 1 + (more[at + 1]! % 3));
    const size = shape.map((length, at) => Math.ceil((length - begin[at]!) / strides[at]!));
    return moved(
      { ...draw.input(shape), differentiable: false },
      (x) => tf.stridedSlice(x, begin, shape, strides),
      size,
      (position) => position.map((value, at) => begin[at]! + value * strides[at]!),
    );
  },
  transpose: (draw: Draw, shape: number[], _axis: number, more: number[]): LayerCase => {
    const order = shape.map((_, at) => at).sort((a, b) => more[a]! - more[b]! || a - b);
    return moved(
      draw.input(shape),
      (x) => tf.transpose(x, order),
      order.map((at) => shape[at]!),
      (position) => shape.map((_, at) => position[order.indexOf(at)]!),
    );
  },
  tile: (draw: Draw, shape: number[], _axis: number, more: number[]): LayerCase => {
    const times = shape.map((_, at) => 1 + (more[at]! % 3));
    return moved(
      draw.input(shape),
      (x) => tf.tile(x, times),
      shape.map((length, at) => length * times[at]!),
      (position) => position.map((value, at) => value % shape[at]!),
    );
  },
  reverse: (draw: Draw, shape: number[], axis: number): LayerCase =>
    moved(
      draw.input(shape),
      (x) => tf.reverse(x, axis),
      shape,
      (position) => replaced(position, axis, shape[axis]! - 1 - position[axis]!),
    ),
  gather: (draw: Draw, shape: number[], axis: number, more: number[]): LayerCase => {
    const indices = draw.integers([1 + more[0]!], 0, shape[axis]!);
    return {
      inputs: [draw.input(shape), indices],
      run: ([x, at]) => [tf.gather(x!, at as tf.Tensor1D, axis)],
      expected: ([x, at]) => [
        filled(replaced(shape, axis, at!.values.length), (position) =>
          elementAt(x!, replaced(position, axis, at!.values[position[axis]!]!)),
        ),
      ],
    };
  },
  split: (draw: Draw, shape: number[], axis: number): LayerCase => {
    const whole = replaced(shape, axis, shape[axis]! + 1);
    return {
      inputs: [draw.input(whole)],
      run: ([x]) => tf.split(x!, [1, shape[axis]!], axis),
      expected: ([x]): Plain[] => [
        filled(replaced(whole, axis, 1), (position) => elementAt(x!, position)),
        filled(shape, (position) => elementAt(x!, replaced(position, axis, position[axis]! + 1))),
      ],
      tolerance: 0,
    };
  },
  oneHot: (draw: Draw, shape: number[], _axis: number, more: number[]): LayerCase => {
    const depth = 2 + more[0]!;
    return {
      inputs: [draw.integers(shape, -1, depth)],
      run: ([x]) => [tf.cast(tf.oneHot(x as tf.Tensor1D, depth), 'float32')],
      expected: ([x]) => [
        filled([...shape, depth], (position) =>
          Number(elementAt(x!, position.slice(0, -1)) === position.at(-1)),
        ),
      ],
      tolerance: 0,
    };
  },
} satisfies Record<string, Maker>;

/** Ops that move values about. */
export const movingOps = family({
  name: 'moving values',
  weight: 5,
  parameters: fc.record({
    seed,
    shape: fc.array(whole(1, 7), { minLength: 1, maxLength: 4 }),
    axis: whole(0, 3),
    more: fc.array(whole(0, 6), { minLength: 6, maxLength: 6 }),
    name: fc.constantFrom(...(Object.keys(makers) as (keyof typeof makers)[])),
  }),
  build: (p: Parameters) =>
    (makers[p.name] as Maker)(new Draw(p.seed), p.shape, p.axis % p.shape.length, p.more),
});
