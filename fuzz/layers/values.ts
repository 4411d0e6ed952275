import type { Input } from './case';

/**
 * Kinds of values: `mixed` in (-1, 1); `negative` and `positive`; `distinct` ones in (-1, 1), at least a thousandth apart
 * and from 0, so that nothing has a kink nearby; `ties`, whole numbers from -2 to 2; `holes`, mixed with a NaN here and
 * there.
 */
export type ValueKind = 'mixed' | 'negative' | 'positive' | 'distinct' | 'ties' | 'holes';

/** Numbers that follow from a seed alone. */
export class Draw {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** In [0, 1). The generator mulberry32, by Tommy Ettinger, in the public domain. */
  uniform(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let word = this.state;
    word = Math.imul(word ^ (word >>> 15), word | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return ((word ^ (word >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 to below `count`. */
  below(count: number): number {
    return Math.floor(this.uniform() * count);
  }

  floats(count: number, kind: ValueKind = 'mixed'): Float32Array {
    const values = new Float32Array(count);
    if (kind === 'distinct') return this.distinct(values);
    for (let i = 0; i < count; i++) {
      const value = this.uniform();
      if (kind === 'ties') values[i] = Math.floor(value * 5) - 2;
      else if (kind === 'holes') values[i] = this.uniform() < 0.1 ? Number.NaN : 2 * value - 1;
      else values[i] = kind === 'mixed' ? 2 * value - 1 : kind === 'negative' ? -value - 0.01 : value + 0.01;
    }
    return values;
  }

  input(shape: readonly number[], kind: ValueKind = 'mixed', differentiable = true): Input {
    const count = shape.reduce((product, length) => product * length, 1);
    return { shape, values: this.floats(count, kind), differentiable };
  }

  /** Whole numbers from `least` to below `end`. */
  integers(shape: readonly number[], least: number, end: number): Input {
    const count = shape.reduce((product, length) => product * length, 1);
    return { shape, values: Int32Array.from({ length: count }, () => least + this.below(end - least)) };
  }

  private distinct(values: Float32Array): Float32Array {
    const count = values.length;
    // Odd multiples of half a step: none is zero.
    const step = Math.max(2 / count, 0.004);
    for (let i = 0; i < count; i++) values[i] = (i + 0.5 - Math.floor(count / 2)) * step;
    for (let i = count - 1; i > 0; i--) {
      const other = this.below(i + 1);
      [values[i], values[other]] = [values[other]!, values[i]!];
    }
    return values;
  }
}
