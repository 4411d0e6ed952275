import { createOptimiser, type OptimiserConfig } from '@overparam/engine';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { family } from '../case';
import { Draw } from '../values';
import { seed, whole } from './windows';

interface Parameters {
  readonly seed: number;
  readonly size: number;
  readonly weightDecay: number;
  readonly rate: number;
  readonly config: OptimiserConfig;
}

const sgd = fc.record({
  name: fc.constant('sgd' as const),
  momentum: fc.constantFrom(0.5, 0.9),
  nesterov: fc.boolean(),
});
const adam = fc.record({
  name: fc.constantFrom('adam' as const, 'adamw' as const),
  beta1: fc.constantFrom(0, 0.9),
  beta2: fc.constantFrom(0.9, 0.999),
  epsilon: fc.constantFrom(1e-8, 1e-3),
});

/** PyTorch's rule in doubles: the parameter after the first update. */
function updated(p: number, given: number, { config, weightDecay, rate }: Parameters): number {
  const decoupled = config.name === 'adamw';
  const g = given + (decoupled ? 0 : weightDecay * p);
  if (config.name === 'sgd') {
    const move = config.nesterov ? g + (config.momentum ?? 0) * g : g;
    return p - rate * move;
  }
  const { epsilon = 1e-8 } = config;
  // Corrected for their start at zero, the moments after one update are g and its square.
  const shrunk = decoupled ? p * (1 - rate * weightDecay) : p;
  return shrunk - (rate * g) / (Math.abs(g) + epsilon);
}

/** The first update of a parameter: SGD, Adam, AdamW. */
export const optimiserUpdates = family({
  name: 'optimisers',
  weight: 1,
  parameters: fc.record({
    seed,
    size: whole(1, 60),
    weightDecay: fc.constantFrom(0, 0.01),
    rate: fc.constantFrom(0.1, 1e-3),
    config: fc.oneof(sgd, adam) as fc.Arbitrary<OptimiserConfig>,
  }),
  build: (p: Parameters) => {
    const draw = new Draw(p.seed);
    const first = draw.input([p.size], 'mixed', false);
    let variable: tf.Variable;
    let optimiser: ReturnType<typeof createOptimiser>;
    return {
      inputs: [first, draw.input([p.size], 'distinct', false)],
      prepare: () => {
        const value = tf.tensor(first.values, [p.size]);
        variable = tf.variable(value);
        value.dispose();
        optimiser = createOptimiser(p.config, [{ name: 'w', variable, weightDecay: p.weightDecay }]);
        return {
          dispose() {
            variable.dispose();
            optimiser.dispose();
          },
        };
      },
      run: ([, gradient]) => {
        optimiser.update({ w: gradient! }, { rate: tf.scalar(p.rate), apply: tf.scalar(true, 'bool') });
        return [tf.clone(variable)];
      },
      expected: ([parameter, gradient]) => [
        {
          shape: [p.size],
          values: parameter!.values.map((value, i) => updated(value, gradient!.values[i]!, p)),
          scale: 1,
        },
      ],
      tolerance: 2e-6,
    };
  },
});
