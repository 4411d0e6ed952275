import type { Expected } from './case';

/** How far values are from what is expected, relative to its scale; infinite for a wrong shape or a wrong NaN. */
export function errorOf(
  actual: { shape: readonly number[]; values: ArrayLike<number> },
  expected: Expected,
): Difference {
  if (actual.shape.join() !== expected.shape.join() || actual.values.length !== expected.values.length) {
    return {
      error: Number.POSITIVE_INFINITY,
      what: `shape [${actual.shape}] in place of [${expected.shape}]`,
    };
  }
  let scale = expected.scale ?? 0;
  if (expected.scale === undefined) {
    for (const value of expected.values) if (Number.isFinite(value)) scale = Math.max(scale, Math.abs(value));
  }
  scale = Math.max(scale, 1e-6);
  let worst: Difference = { error: 0, what: '' };
  for (let i = 0; i < expected.values.length; i++) {
    const [is, should] = [actual.values[i]!, expected.values[i]!];
    const error = Object.is(is, should) || is === should ? 0 : Math.abs(is - should) / scale;
    if (!(error <= worst.error)) {
      worst = {
        error: Number.isNaN(error) ? Number.POSITIVE_INFINITY : error,
        what: `element ${i} is ${is} in place of ${should}`,
      };
      if (worst.error === Number.POSITIVE_INFINITY) break;
    }
  }
  return worst;
}

/** The largest error, and where it is. */
export interface Difference {
  readonly error: number;
  readonly what: string;
}
