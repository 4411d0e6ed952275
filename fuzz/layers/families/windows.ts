import fc from 'fast-check';
import { fits, type Window, type WindowPadding } from '../plain/window';

/** A whole number from `least` to `most`. */
export const whole = (least: number, most: number) => fc.integer({ min: least, max: most });

/** A pair (vertical, horizontal) whose numbers need not be equal. */
export const pairOf = (value: fc.Arbitrary<number>): fc.Arbitrary<[number, number]> => fc.tuple(value, value);

/** Decides all values of a case. */
export const seed = fc.noShrink(whole(0, 2 ** 31 - 1));

const side = whole(0, 3);
const explicit: fc.Arbitrary<WindowPadding> = fc.tuple(fc.tuple(side, side), fc.tuple(side, side));

/** Any padding, or that of one kind where a kind is asked for. */
export const paddings: fc.Arbitrary<WindowPadding> = fc.oneof(
  fc.constant<WindowPadding>('same'),
  fc.constant<WindowPadding>('valid'),
  explicit,
);

/** Image sides: mostly small, now and then a long one. */
export const sides = fc.oneof(
  { arbitrary: whole(1, 12), weight: 12 },
  { arbitrary: whole(13, 40), weight: 1 },
);

/** Channels: few and odd, single, or whole vectors. */
export const channelCounts = fc.constantFrom(1, 1, 2, 3, 4, 5, 7, 8, 9, 12, 16);

const moves = pairOf(whole(1, 3));
const still = fc.constant<[number, number]>([1, 1]);

/** Strides and dilation, of which tfjs's own ops take one at a time. */
const motions = fc.oneof(
  fc.record({ strides: moves, dilation: still }),
  fc.record({ strides: still, dilation: moves }),
);

/** A window with the sides of an image that it fits into. */
export interface Placed {
  readonly image: [number, number];
  readonly window: Window;
}

/** @param both  whether strides and dilation come together */
export function placed(largestSide: number, both: boolean): fc.Arbitrary<Placed> {
  return fc
    .record({
      image: pairOf(sides),
      size: pairOf(whole(1, largestSide)),
      motion: both ? fc.record({ strides: moves, dilation: moves }) : motions,
      padding: paddings,
    })
    .map(({ image, size, motion, padding }) => ({ image, window: { size, ...motion, padding } }))
    .filter(({ image, window }) => fits(image, window));
}
