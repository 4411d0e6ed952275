import * as tf from '@tensorflow/tfjs';
import { trainingKernels } from './kernels/names';

/** Processes that train one network together, each on a share of every batch. */
export interface Workers {
  /** How many there are, 2 or more. */
  readonly count: number;
  /** Which of them this process is, from 0. */
  readonly index: number;
}

/** A worker's examples among those of a batch. */
export interface Share {
  /** The first one. */
  readonly start: number;
  /** The one behind the last. */
  readonly end: number;
  /** Examples of the whole batch. */
  readonly of: number;
}

/** The share of a batch that a worker takes: shares lie side by side in the workers' order and differ by one example at most. */
export function shareOf({ index, count }: Workers, batch: number): Share {
  const bound = (worker: number) => Math.floor((worker * batch) / count);
  return { start: bound(index), end: bound(index + 1), of: batch };
}

/** Numbers that are summed together; more only go out later, as a sum begins when all of its tensors are there. */
const bucketSize = 2 ** 21;

/**
 * The sums over workers of one step, which every worker asks for in the same order. Made anew each time that the step is written
 * down or run.
 */
export class WorkerSums {
  private asked = 0;

  /** @param step  a name that no other step of the run has */
  constructor(
    readonly workers: Workers,
    private readonly step: string,
  ) {}

  /**
   * The sum of what each worker gives, the same bits on all. Carries no gradient.
   *
   * @param x     float32 or int32, of the same shape on each worker, not empty
   * @param half  whether numbers are sent in bfloat16
   * @returns     of the shape of x; the caller disposes it
   * @throws OverparamError `worker-lost`
   */
  sum<T extends tf.Tensor>(x: T, half = false): T {
    const name = `${this.step}/${this.asked++}`;
    return tf
      .engine()
      .runKernel(
        trainingKernels.sumOverWorkers,
        { x } as unknown as tf.NamedTensorMap,
        { name, half } as unknown as tf.NamedAttrMap,
      ) as T;
  }

  /**
   * As {@link sum}, of several tensors (float32), in as few sums as let the first begin early: the last tensors go first, since
   * backward passes give them first.
   */
  sumAll(tensors: readonly tf.Tensor[], half = false): tf.Tensor[] {
    const sums = new Array<tf.Tensor>(tensors.length);
    let bucket: number[] = [];
    let size = 0;
    const send = () => {
      if (bucket.length === 0) return;
      const parts = this.together(
        bucket.map((at) => tensors[at]!),
        half,
      );
      bucket.forEach((at, index) => {
        sums[at] = parts[index]!;
      });
      [bucket, size] = [[], 0];
    };
    for (let at = tensors.length - 1; at >= 0; at--) {
      bucket.push(at);
      size += tensors[at]!.size;
      if (size >= bucketSize) send();
    }
    send();
    return sums;
  }

  private together(tensors: readonly tf.Tensor[], half: boolean): tf.Tensor[] {
    if (tensors.length === 1) return [this.sum(tensors[0]!, half)];
    const sizes = tensors.map(({ size }) => size);
    const whole = this.sum(
      tf.concat1d(tensors.map((tensor) => tf.reshape(tensor, [-1]) as tf.Tensor1D)),
      half,
    );
    return tf.split(whole, sizes).map((part, index) => tf.reshape(part, tensors[index]!.shape));
  }
}
