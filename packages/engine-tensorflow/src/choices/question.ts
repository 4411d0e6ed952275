import type * as tf from '@tensorflow/tfjs';

/** Something that can be computed in several ways, of which one is the fastest on this processor. */
export interface Question {
  /** What is computed, with all shapes, for a person too: `filter gradient of 32x8x8x256 by 3x3x256x256, ...`. */
  readonly key: string;
  /** Names of the ways. The first one is taken unless another one was timed to be faster. */
  readonly ways: readonly string[];
  /** Shapes of the inputs, by name. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** Computes it in one of the ways. */
  compute(way: string, inputs: Readonly<Record<string, tf.Tensor>>): tf.Tensor;
}

/** Milliseconds by way. */
export type Timing = Readonly<Record<string, number>>;

/** The part of the first way's time that another one may take to be chosen: less than that, and noise decides. */
const worthwhile = 0.95;

/** The way to take, of those that a question knows; null where the timing does not tell. */
export function fastest({ ways }: Question, timing: Timing): string | null {
  if (!ways.every((way) => Number.isFinite(timing[way]))) return null;
  const best = ways.reduce((one, other) => (timing[other]! < timing[one]! ? other : one));
  return timing[best]! <= worthwhile * timing[ways[0]!]! ? best : ways[0]!;
}
