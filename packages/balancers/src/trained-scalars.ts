/**
 * One trained number a task, with Adam's averages and step counts: the state of balancers that learn. Each
 * task has its own count, so that a task that was absent is corrected rightly.
 */
export type TrainedScalars = {
  readonly values: readonly number[];
  readonly first: readonly number[];
  readonly second: readonly number[];
  readonly steps: readonly number[];
};

/** How they are trained. */
export interface TrainedScalarsOptions {
  readonly rate: number;
  /** Coupled L2 penalty, as PyTorch's Adam has it. */
  readonly weightDecay?: number;
}

/** One scalar for each of `count` tasks, untrained. */
export function trainedScalars(count: number, value: number): TrainedScalars {
  const zeros = new Array<number>(count).fill(0);
  return { values: zeros.map(() => value), first: zeros, second: zeros, steps: zeros };
}

/**
 * One step of Adam (betas 0.9 and 0.999, epsilon 1e-8, PyTorch's definition) for the tasks in `indices`; the
 * others rest.
 *
 * @param gradients  one for each of `indices`
 */
export function trainScalars(
  state: TrainedScalars,
  indices: readonly number[],
  gradients: readonly number[],
  { rate, weightDecay = 0 }: TrainedScalarsOptions,
): TrainedScalars {
  const next = {
    values: [...state.values],
    first: [...state.first],
    second: [...state.second],
    steps: [...state.steps],
  };
  indices.forEach((task, place) => {
    const gradient = gradients[place]! + weightDecay * state.values[task]!;
    const first = 0.9 * state.first[task]! + 0.1 * gradient;
    const second = 0.999 * state.second[task]! + 0.001 * gradient * gradient;
    const steps = state.steps[task]! + 1;
    const corrected = Math.sqrt(second / (1 - 0.999 ** steps)) + 1e-8;
    next.first[task] = first;
    next.second[task] = second;
    next.steps[task] = steps;
    next.values[task] = state.values[task]! - (rate * first) / (1 - 0.9 ** steps) / corrected;
  });
  return next;
}

/** exp(x_i) / sum_j exp(x_j) */
export function softmax(values: readonly number[]): number[] {
  const largest = Math.max(...values);
  const exponentials = values.map((value) => Math.exp(value - largest));
  const sum = exponentials.reduce((total, value) => total + value, 0);
  return exponentials.map((value) => value / sum);
}
