import { foldKey, type Key, normalTensor, uniformTensor } from '@overparam/engine';
import { OverparamError } from '@overparam/errors';
import type { LayersModel, Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import type { Graph, GraphLayer, OutputOf } from './network/graph';
import { readGraph } from './network/read-graph';

/** Inputs that networks are compared on: of a caller, or drawn. */
export type Probes = Tensor | readonly Tensor[];

/** Sides that a network leaves open: a power of two, so that what is halved can be doubled again. */
const openSide = 32;

/**
 * Draws inputs for a network: of its own sizes, 32 where a side is open, of the batch that it is made for, two
 * examples where that is open. Normal numbers; whole ones below the number of entries where an embedding or an encoding
 * of categories takes them.
 *
 * @returns one tensor for each input; the caller disposes
 */
export function drawProbes(model: LayersModel, key: Key, examples = 2): Tensor[] {
  const limits = entriesOf(readGraph(model));
  return model.inputs.map(({ shape, dtype }, index) => {
    const [batch, ...sides] = shape;
    const full = [batch ?? examples, ...sides.map((side) => side ?? openSide)];
    const own = foldKey(key, 'probe', index);
    const limit = limits[index] ?? (dtype === 'bool' ? 2 : dtype === 'int32' ? 10 : null);
    if (limit === null) return normalTensor(own, full, 0, 1);
    return tf.tidy(() => tf.floor(uniformTensor(own, full, 0, limit)));
  });
}

/**
 * The inputs of a caller, or drawn ones.
 *
 * @returns tensors that the caller disposes
 * @throws OverparamError `probe-mismatch` where they do not fit the network
 */
export function probesFor(model: LayersModel, given: Probes | undefined, key: Key, examples = 2): Tensor[] {
  if (given === undefined) return drawProbes(model, key, examples);
  const probes: readonly Tensor[] =
    given instanceof tf.Tensor ? [given as Tensor] : (given as readonly Tensor[]);
  const shapes = model.inputs.map(({ shape }) => shape);
  const fits =
    probes.length === shapes.length &&
    probes.every(({ shape }, index) => {
      const wanted = shapes[index]!;
      return (
        shape.length === wanted.length && wanted.every((side, axis) => side === null || side === shape[axis])
      );
    });
  if (!fits) {
    const list = (all: readonly (readonly (number | null)[])[]) =>
      all.map((shape) => `[${shape.map((side) => side ?? '?').join(', ')}]`).join(', ');
    throw new OverparamError(
      'probe-mismatch',
      `probes: the network "${model.name}" takes ${list(shapes)}; got ${list(probes.map(({ shape }) => shape))}. ` +
        'Hand over one tensor for each input, with a batch axis.',
    );
  }
  return probes.map((probe) => tf.clone(probe));
}

/** The error for a network that cannot be run on probes. */
export function probeError(model: LayersModel, probes: readonly Tensor[], cause: unknown): OverparamError {
  const shapes = probes.map(({ shape }) => `[${shape.join(', ')}]`).join(', ');
  return new OverparamError(
    'probe-failed',
    `The network "${model.name}" cannot be run on inputs ${shapes}: ${(cause as Error).message.replace(/\.?$/, '.')} ` +
      'Hand over inputs that it takes as probes.',
    { cause },
  );
}

/** Layers that hand numbers on as they are, or drop, repeat and reorder some. */
const passing = new Set([
  'Reshape',
  'Flatten',
  'Permute',
  'RepeatVector',
  'Concatenate',
  'Dropout',
  'SpatialDropout1D',
  'OverparamDropout',
  'Masking',
  'ZeroPadding2D',
  'Cropping2D',
  'UpSampling2D',
  'MaxPooling1D',
  'MaxPooling2D',
  'GlobalMaxPooling1D',
  'GlobalMaxPooling2D',
]);

/** For each input of a network, the least number of entries of what takes it as an index; null where nothing does. */
function entriesOf(whole: Graph): (number | null)[] {
  const limits: number[] = whole.inputs.map(() => Number.POSITIVE_INFINITY);
  /** Follows the inputs through a model. @returns the inputs that each of its outputs holds as they are */
  const follow = (graph: Graph, given: readonly ReadonlySet<number>[]): ReadonlySet<number>[] => {
    const held = new Map<string, ReadonlySet<number>>();
    graph.inputs.forEach((input, index) => {
      held.set(placeOf(input), given[index]!);
    });
    const at = (output: OutputOf) => held.get(placeOf(output)) ?? new Set<number>();
    for (let before = -1; before !== held.size; ) {
      before = held.size;
      for (const layer of graph.layers.values()) {
        for (const [call, { inputs }] of layer.calls.entries()) {
          const taken = inputs.map(at);
          if (!taken.some((inputsHeld) => inputsHeld.size > 0)) continue;
          const entries = entriesTaken(layer);
          if (entries !== null)
            for (const index of taken.flatMap((all) => [...all]))
              limits[index] = Math.min(limits[index]!, entries);
          const made = layer.inner
            ? follow(layer.inner, taken)
            : isPassing(layer)
              ? [new Set(taken.flatMap((all) => [...all]))]
              : [];
          for (const [output, all] of made.entries())
            held.set(placeOf({ layer: layer.name, call, output }), all);
        }
      }
    }
    return graph.outputs.map(at);
  };
  follow(
    whole,
    whole.inputs.map((_, index) => new Set([index])),
  );
  return limits.map((limit) => (Number.isFinite(limit) ? Math.max(1, limit) : null));
}

const placeOf = ({ layer, call, output }: OutputOf) => `${call} ${output} ${layer}`;

/** What a layer does; a wrapper does what the layer in it does. */
function does({ className, config }: GraphLayer): { className: string; config: Record<string, unknown> } {
  const inner = className === 'TimeDistributed' ? (config.layer as unknown) : null;
  return (inner ?? { className, config }) as { className: string; config: Record<string, unknown> };
}

function isPassing(layer: GraphLayer): boolean {
  const { className, config } = does(layer);
  return passing.has(className) || (className === 'Activation' && config.activation === 'linear');
}

/** How many entries a layer's input is an index of, or null. */
function entriesTaken(layer: GraphLayer): number | null {
  const { className, config } = does(layer);
  if (className === 'Embedding') return config.inputDim as number;
  return className === 'CategoryEncoding' ? (config.numTokens as number) : null;
}
