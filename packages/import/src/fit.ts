import { nearest, OverparamError } from '@overparam/errors';
import type { SourceTensor, StateDict } from './tensors';

/**
 * Takes tensors out of a state dict by name and shape, and knows which are left. A name or a shape that does not fit is an
 * error that shows what comes nearest.
 */
export class Fitting {
  private readonly used = new Set<string>();

  constructor(
    readonly state: StateDict,
    /** What the tensors are from, for errors. */
    readonly source: string,
    /** What they are fitted into, for errors. */
    private readonly into: string,
  ) {}

  has(name: string): boolean {
    return this.state.has(name);
  }

  /** A tensor that need not be there. */
  optional(name: string, shape: readonly (number | null)[]): SourceTensor | null {
    return this.has(name) ? this.take(name, shape) : null;
  }

  /**
   * A tensor of a name and shape, null in it for any size above 0.
   *
   * @throws OverparamError `names-mismatch`, `shapes-mismatch`
   */
  take(name: string, shape: readonly (number | null)[]): SourceTensor {
    const tensor = this.state.get(name);
    if (!tensor) throw this.missing(name, shape);
    const fits =
      tensor.shape.length === shape.length &&
      // Nothing is made of tensors without numbers.
      shape.every((size, axis) => (size === null ? tensor.shape[axis]! > 0 : size === tensor.shape[axis]));
    if (!fits) {
      throw new OverparamError(
        'shapes-mismatch',
        `${this.source}: tensor "${name}" is of shape [${tensor.shape}], and ${this.into} takes [${text(shape)}]. ${this.hint(shape)}`,
      );
    }
    this.used.add(name);
    return tensor;
  }

  /** Names that nothing took. */
  left(): string[] {
    return [...this.state.keys()].filter((name) => !this.used.has(name));
  }

  private missing(name: string, shape: readonly (number | null)[]): OverparamError {
    const left = this.left();
    const near = nearest(name, left);
    const found = near && this.state.get(near);
    const first = left.slice(0, 3).map((other) => `"${other}"`);
    const hint = found
      ? `Nearest to it is "${near}" of shape [${found.shape}].`
      : `${first.length > 0 ? `It has ${first.join(', ')} and so on. ` : ''}${this.hint(shape)}`;
    return new OverparamError(
      'names-mismatch',
      `${this.source}: ${this.into} needs tensor "${name}" of shape [${text(shape)}], which there is not. ${hint}`.trim(),
    );
  }

  /** The tensor that nothing took whose shape would fit. */
  private hint(shape: readonly (number | null)[]): string {
    const fitting = this.left().find((name) => {
      const other = this.state.get(name)!.shape;
      return (
        other.length === shape.length && shape.every((size, axis) => size === null || size === other[axis])
      );
    });
    return fitting
      ? `Of that shape is "${fitting}".`
      : 'Say another architecture by --as; "overparam import --help" lists them.';
  }
}

const text = (shape: readonly (number | null)[]) => shape.map((size) => size ?? '?').join(',');
