import { forward } from '@overparam/core-reparam';
import { OverparamError } from '@overparam/errors';
import * as tf from '@tensorflow/tfjs';
import { activationGrid, type Range } from './grid';
import { bins, Histogram } from './histogram';
import { type Grids, type PlacedNetwork, type PlaceOptions, planPlaces, withPlaces } from './place-layers';

/**
 * How the range of an activation is found: all that was seen; without the farthest ten-thousandth to either side; or with the
 * smallest mean squared error on the grid.
 */
export const rangeRules = ['minmax', 'percentile', 'mse'] as const;

/** One of {@link rangeRules}. */
export type RangeRule = (typeof rangeRules)[number];

/** Inputs of a network for calibration; called twice, with the same results. The tensors are then the calibration's. */
export type Examples = () => AsyncIterable<tf.Tensor>;

/** How a network is calibrated. */
export interface CalibrationOptions extends PlaceOptions {
  readonly rule?: RangeRule;
  readonly signal?: AbortSignal;
  /** Told after each batch. */
  readonly onBatch?: () => void;
}

/** What calibration found. */
export interface Calibration {
  readonly grids: Grids;
  /** Places at which nothing but zero was seen. */
  readonly dead: readonly string[];
}

/** How much of what was seen a percentile leaves out on either side. */
const leftOut = 1e-4;

/**
 * Finds the grids of all places of a network, from what passes there.
 *
 * @param model  plain or collapsed; is left as it was
 * @throws OverparamError `expanded-network`, `nothing-to-quantise`, `unknown-layer`; `no-examples`; `non-finite` where what passes is no number
 */
export async function calibrate(
  model: tf.LayersModel,
  examples: Examples,
  options: CalibrationOptions = {},
): Promise<Calibration> {
  const { rule = 'mse' } = options;
  const own = planPlaces(model, options).places.filter(({ sameAs }) => sameAs === null);
  const ranges = new Map<string, Range>(own.map(({ name }) => [name, { low: 0, high: 0 }]));
  const placed = withPlaces(model, null, options);
  try {
    await observe(placed, examples, options, [...ranges.keys()], (name, x) => {
      const [low, high] = tf.tidy(() => [tf.min(x).dataSync()[0]!, tf.max(x).dataSync()[0]!]);
      if (!Number.isFinite(low! + high!)) throw notFinite(name);
      const before = ranges.get(name)!;
      ranges.set(name, { low: Math.min(before.low, low!), high: Math.max(before.high, high!) });
    });
    if (rule !== 'minmax') {
      const histograms = new Map([...ranges].map(([name, range]) => [name, new Histogram(range, bins)]));
      await observe(placed, examples, options, [...ranges.keys()], (name, x) =>
        histograms.get(name)!.add(x.dataSync() as Float32Array),
      );
      for (const [name, histogram] of histograms)
        ranges.set(name, rule === 'mse' ? histogram.leastError() : histogram.percentile(leftOut));
    }
  } finally {
    placed.model.dispose();
  }
  const dead = [...ranges].filter(([, { low, high }]) => low === 0 && high === 0).map(([name]) => name);
  return {
    grids: Object.fromEntries([...ranges].map(([name, range]) => [name, activationGrid(range)])),
    dead,
  };
}

/** Runs all examples and shows what passes at places. */
async function observe(
  { model, quantisers }: PlacedNetwork,
  examples: Examples,
  { signal, onBatch }: CalibrationOptions,
  names: readonly string[],
  look: (name: string, x: tf.Tensor) => void,
): Promise<void> {
  const wanted = new Set(names);
  for (const [name, layer] of quantisers) layer.mode = wanted.has(name) ? (x) => look(name, x) : 'off';
  let any = false;
  for await (const x of examples()) {
    try {
      signal?.throwIfAborted();
      any = true;
      tf.dispose(forward(model, x, { mode: 'infer' }));
    } finally {
      x.dispose();
    }
    onBatch?.();
  }
  if (any) return;
  throw new OverparamError(
    'no-examples',
    'There are no examples to calibrate on, and the grids of activations follow from what passes. Give some training data.',
  );
}

function notFinite(name: string): OverparamError {
  return new OverparamError(
    'non-finite',
    `What passes at "${name}" is not finite in float32 already. Look at the network and at the data that it is calibrated on.`,
  );
}
