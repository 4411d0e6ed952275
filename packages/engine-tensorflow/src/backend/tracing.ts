import type { Recorder, TensorMetadata } from '../binding/binding';
import type { Question } from '../choices/question';
import type { PassState } from './steps';
import type { TensorEntry } from './upstream';

/** Constants of an update by stochastic gradient descent; PyTorch's meanings. */
export interface MomentumAttributes {
  readonly momentum: number;
  readonly nesterov: boolean;
  readonly weightDecay: number;
  readonly rateFactor: number;
}

/** Constants of an update by Adam, or by AdamW where the decay is decoupled; PyTorch's meanings. */
export interface AdamAttributes {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  readonly rateFactor: number;
  readonly decoupled: boolean;
}

/** One parameter's update. */
export type UpdateAttributes =
  | ({ readonly rule: 'momentum' } & MomentumAttributes)
  | ({ readonly rule: 'adam' } & AdamAttributes);

/** A trace as kernels see it, which do more for one than to name their ops. */
export interface Tracing extends Recorder {
  /** The number of a tensor in this trace. */
  idOf(entry: TensorEntry): number;
  /** A tensor's value, to be computed with only when others are there; tensors by number. */
  after(id: number, others: readonly number[]): TensorMetadata;
  /** A tensor's value in float32, where it is in half precision. */
  widened(id: number): TensorMetadata;
  /** Says that a tensor is a sum over the examples: what is computed from it alone is float32. */
  isOverExamples(id: number): void;
  /** Says how far a step with backward passes is. */
  passesAre(state: PassState): void;
  /** Computes in float32 whatever the step computes in: sums, whose parts are products. */
  inFloat32<Result>(work: () => Result): Result;
  /** Writes ops down with just the element types that they are given, whatever the step computes in. */
  asGiven<Result>(work: () => Result): Result;
  /**
   * Says how a large tensor is made again from small ones, so that it need not be kept for the gradient of a convolution
   * that reads it.
   *
   * @param make  makes it once others are there; tensors by number
   */
  remake(id: number, make: (others: readonly number[]) => number): void;
  /** A tensor to be read in a backward pass: made again once others are there, where {@link remake} has said how. */
  again(id: number, others: readonly number[]): number;
  /** The way in which something is to be computed here. */
  wayFor(question: Question): string;
  /**
   * Lets work on large tensors begin only when all such work before it is done: side by side it would take no less time
   * and hold more memory.
   *
   * @param make  gets the same tensors, to be computed with then, and gives the result; tensors by number
   */
  inTurn(ids: readonly number[], make: (ids: readonly number[]) => number): void;
  /**
   * One update by an optimiser, done in place at the step's end; null where an entry is no variable.
   *
   * @param entries  the parameter and its slots: of `momentum` the velocity or none, of `adam` first and second moment
   *                 and count
   * @returns        their new values
   */
  update(
    entries: readonly TensorEntry[],
    others: { readonly gradient: number; readonly rate: number; readonly apply: number },
    attributes: UpdateAttributes,
  ): TensorMetadata[] | null;
}
