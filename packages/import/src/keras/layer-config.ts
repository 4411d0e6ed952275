import { OverparamError } from '@overparam/errors';

/** Which program wrote a network: their layers of one name do not all compute the same. */
export type Dialect = 'keras3' | 'keras2' | 'tfjs';

/** Keys that say nothing about what a trained layer computes. */
const silent =
  /^(name|trainable|dtype|seed|noise_shape|synchronized|batch_input_shape|batch_shape|input_shape|autocast|sparse|ragged|optional|ndim|batch_size|momentum)$|_(initializer|regularizer|constraint)$|^renorm/;

/**
 * A layer's config, of which every key must be known: a key that is passed over may change what the layer computes.
 */
export class LayerConfig {
  private readonly seen = new Set<string>();

  constructor(
    /** Its class, such as `Conv2D`. */
    readonly kind: string,
    readonly name: string,
    private readonly values: Readonly<Record<string, unknown>>,
    readonly dialect: Dialect,
    private readonly source: string,
  ) {
    this.checkType();
  }

  /** The error for something that this layer cannot have. */
  refuse(problem: string): OverparamError {
    return new OverparamError(
      'layer-unsupported',
      `${this.source}: layer "${this.name}" (${this.kind}): ${problem}`,
    );
  }

  private take(key: string): unknown {
    this.seen.add(key);
    return this.values[key] ?? null;
  }

  number(key: string, otherwise: number): number {
    const value = this.take(key) ?? otherwise;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw this.refuse(`${key} must be a number, and is ${shown(value)}.`);
  }

  /** A number that may be left out. */
  optionalNumber(key: string): number | null {
    return this.take(key) === null ? null : this.number(key, 0);
  }

  /** A whole number from 1. */
  count(key: string): number {
    return this.whole(key, this.take(key));
  }

  private whole(key: string, value: unknown, least = 1): number {
    if (Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= 2 ** 20)
      return value as number;
    throw this.refuse(`${key} must be a whole number from ${least}, and is ${shown(value)}.`);
  }

  flag(key: string, otherwise: boolean): boolean {
    const value = this.take(key) ?? otherwise;
    if (typeof value === 'boolean') return value;
    throw this.refuse(`${key} must be true or false, and is ${shown(value)}.`);
  }

  /** Two whole numbers, for height and width; one stands for both. */
  pair(key: string, otherwise: [number, number] | null = null): [number, number] {
    const value = this.take(key) ?? otherwise;
    const both = Array.isArray(value) ? value : [value, value];
    if (both.length !== 2) throw this.refuse(`${key} must be two whole numbers, and is ${shown(value)}.`);
    return [this.whole(key, both[0]), this.whole(key, both[1])];
  }

  /** Pixels added to or cut off each side: one number, two, or two pairs. */
  sides(key: string): [[number, number], [number, number]] {
    const value = this.take(key) ?? 1;
    const axes = Array.isArray(value) ? value : [value, value];
    if (axes.length !== 2) throw this.refuse(`${key} must be two pairs, and is ${shown(value)}.`);
    const ends = axes.map((axis): [number, number] => {
      const both = Array.isArray(axis) ? axis : [axis, axis];
      if (both.length !== 2) throw this.refuse(`${key} must be two pairs, and is ${shown(value)}.`);
      return [this.whole(key, both[0], 0), this.whole(key, both[1], 0)];
    });
    return [ends[0]!, ends[1]!];
  }

  /** Whole numbers; one stands for a list of it. */
  list(key: string, least: number, otherwise: readonly number[] | null = null): number[] {
    const value = this.take(key) ?? otherwise;
    const all = Array.isArray(value) ? value : [value];
    return all.map((item) => {
      if (Number.isSafeInteger(item) && item >= least && item <= 2 ** 20) return item as number;
      throw this.refuse(`${key} must be whole numbers, and is ${shown(value)}.`);
    });
  }

  /** One of some words. */
  word<Word extends string>(key: string, otherwise: Word, words: readonly Word[]): Word {
    const value = this.take(key) ?? otherwise;
    const found = words.find((word) => word === value);
    if (found !== undefined) return found;
    throw this.refuse(
      `${key} is ${shown(value)}; ${words.map((word) => `"${word}"`).join(' or ')} can be read.`,
    );
  }

  text(key: string, otherwise: string): string {
    const value = this.take(key) ?? otherwise;
    if (typeof value === 'string') return value;
    throw this.refuse(`${key} is ${shown(value)}, which is no name.`);
  }

  /** A value that must be one and the same, whatever the layer: others are refused. */
  only(key: string, wanted: unknown, advice: string): void {
    const value = this.take(key);
    if (value !== null && JSON.stringify(value) !== JSON.stringify(wanted)) {
      throw this.refuse(`${key} is ${shown(value)}, and ${shown(wanted)} is read. ${advice}`);
    }
  }

  /** Axes, an only one perhaps by itself; the last is -1 where the number of axes is known. */
  axis(key: string, rank: number): number {
    const value = this.take(key) ?? -1;
    const [axis, ...more] = Array.isArray(value) ? value : [value];
    if (more.length > 0 || !Number.isSafeInteger(axis))
      throw this.refuse(`${key} is ${shown(value)}, and one axis is read.`);
    return axis === rank - 1 ? -1 : (axis as number);
  }

  /** A key whose value only says where training began. */
  skip(key: string): void {
    this.take(key);
  }

  /** Every key must have been asked for, or say nothing of what is computed. */
  finish(): void {
    for (const [key, value] of Object.entries(this.values)) {
      if (this.seen.has(key) || silent.test(key) || value === null || value === false) continue;
      throw this.refuse(
        `its option ${key} (${shown(value)}) is not known here. Build the network without it.`,
      );
    }
  }

  private checkType(): void {
    const { dtype } = this.values;
    const policy = dtype as { config?: { name?: unknown } } | string | null | undefined;
    const name = typeof policy === 'string' ? policy : (policy?.config?.name ?? 'float32');
    const embedded = this.kind === 'InputLayer' && name === 'int32';
    if (name !== 'float32' && !embedded) {
      throw this.refuse(
        `it computes in ${shown(name)}, and float32 is read. Save the network with dtype "float32".`,
      );
    }
  }
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 100);
}
