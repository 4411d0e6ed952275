import type { LayerCase, Plain } from './case';
import type { Draw } from './values';

/** A direction in which an input is changed. */
export interface Direction {
  readonly name: string;
  readonly values: Float64Array;
}

/** All elements at once, a tenth of them, and single ones: whatever element a gradient has wrong, one of these shows it. */
export function directions(size: number, draw: Draw): Direction[] {
  const every = (name: string, share: number): Direction => ({
    name,
    values: Float64Array.from({ length: size }, () => (draw.uniform() < share ? 2 * draw.uniform() - 1 : 0)),
  });
  const single = (): Direction => {
    const at = draw.below(size);
    const values = new Float64Array(size);
    values[at] = 1;
    return { name: `element ${at}`, values };
  };
  if (size === 0) return [];
  return [
    every('all elements', 1),
    every('all elements', 1),
    every('some elements', 0.1),
    single(),
    single(),
    single(),
  ];
}

/** Wider than what float32 rounds away, so that a kink that an engine may see on the other side lies within. */
const width = 2 ** -17;

/**
 * The slope of sum(dy * y) along a direction of one input, by a central difference.
 *
 * @returns  the slope and the size of its terms; null at a kink, where a difference of half the width comes out otherwise
 */
export function slopeAlong(
  layer: LayerCase,
  inputs: readonly Plain[],
  index: number,
  direction: Float64Array,
  dys: readonly Plain[],
): { slope: number; scale: number } | null {
  const valueAt = (step: number) => {
    const moved = inputs.map((input, at) =>
      at === index
        ? { ...input, values: input.values.map((value, i) => value + step * direction[i]!) }
        : input,
    );
    return layer.expected(moved);
  };
  const difference = (step: number) => {
    const [after, before] = [valueAt(step), valueAt(-step)];
    let slope = 0;
    let scale = 0;
    dys.forEach((dy, output) => {
      dy.values.forEach((weight, i) => {
        const term = (weight * (after[output]!.values[i]! - before[output]!.values[i]!)) / (2 * step);
        slope += term;
        scale += Math.abs(term);
      });
    });
    return { slope, scale };
  };
  const [wide, narrow] = [difference(width), difference(width / 2)];
  return Math.abs(wide.slope - narrow.slope) > 1e-6 * wide.scale ? null : narrow;
}
