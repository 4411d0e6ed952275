import { OverparamError } from '@overparam/errors';
import { type Head, headOf, type Network, type NetworkShape, type TaskForm } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { checkShape } from './check-shape';
import { initialiseWeights, type Scheme } from './initialise';

/** The part of a network in front of its heads. */
export interface Features {
  /** What each task's head is given, in the order of the tasks: see `Head`. */
  readonly features: readonly tf.SymbolicTensor[];
  /** See `Network`. */
  readonly representations: readonly string[];
  /** The first weights of a layer that has a scheme of its own; undefined for others. */
  schemeOf?(layer: string): Scheme | undefined;
}

/** How a network is put together. */
export interface Plan {
  readonly name: string;
  /** Height and width of the input must be multiples of it; it may depend on the heads of all tasks. */
  readonly multiple: number | ((heads: readonly Head[]) => number);
  /** The heads for tasks that bring none, by form. */
  readonly heads: Readonly<Record<TaskForm, Head>>;
  /**
   * Adds the layers in front of the heads.
   *
   * @param image  `[n, h, w, channels]`
   * @param heads  of all tasks, in their order
   */
  trunk(image: tf.SymbolicTensor, heads: readonly Head[]): Features;
}

/** The first weights of the layers that are shared, and of those that belong to a task. */
export interface Schemes {
  readonly shared: Scheme;
  readonly own: Scheme;
}

/** The same features for the heads of all tasks, behind one border. */
export function sharedFeatures(features: tf.SymbolicTensor, heads: readonly Head[]): Features {
  return { features: heads.map(() => features), representations: [features.sourceLayer.name] };
}

/** A network whose weights are not set yet, and what it says of layers that have a scheme of their own. */
export interface LaidOut extends Network {
  schemeOf(layer: string): Scheme | undefined;
}

/**
 * The network with all weights zero.
 *
 * @throws OverparamError as {@link assemble} does
 */
export function layOut(plan: Plan, shape: NetworkShape): LaidOut {
  checkShape(plan.name, shape);
  const heads = shape.tasks.map((task) => headOf(plan.name, task, plan.heads));
  const { multiple } = plan;
  checkSize(plan.name, typeof multiple === 'number' ? multiple : multiple(heads), shape);
  const [height, width] = shape.inputShape;
  const image = tf.input({ name: 'image', shape: [...shape.inputShape] });
  const { features, representations, schemeOf = () => undefined } = plan.trunk(image, heads);
  const outputs = shape.tasks.map((task, index) =>
    heads[index]!.build(features[index]!, task, [height, width]),
  );
  const model = tf.model({ name: plan.name, inputs: image, outputs });
  // tfjs counts every use of a layer, but takes off one only when the network is disposed: the weights of layers
  // with several uses would stay.
  for (const layer of model.layers) (layer as unknown as { _refCount: number })._refCount = 1;
  const owners = ownersOf(shape, outputs, features);
  return { model, representations, owner: (layer) => owners.get(layer) ?? null, schemeOf };
}

/**
 * Builds a network with a head for each task and sets all weights from the shape's key.
 *
 * @throws OverparamError `invalid-network-shape`, also for sizes that the network cannot take; `unsupported-head` for
 *   a head that cannot serve its task
 */
export function assemble(plan: Plan, shape: NetworkShape, schemes: Schemes): Network {
  const { schemeOf, ...network } = layOut(plan, shape);
  initialiseWeights(
    network.model,
    shape.key,
    ({ name }) => schemeOf(name) ?? (network.owner(name) === null ? schemes.shared : schemes.own),
  );
  return network;
}

function checkSize(name: string, multiple: number, { inputShape: [height, width] }: NetworkShape): void {
  if (height % multiple === 0 && width % multiple === 0) return;
  const fits = (side: number) => {
    const below = Math.floor(side / multiple) * multiple;
    if (below === side) return `${side}`;
    return below > 0 ? `${below} or ${below + multiple}` : `${multiple}`;
  };
  throw new OverparamError(
    'invalid-network-shape',
    `[${name}] images of ${height}x${width} (height x width) cannot be taken: both sides must be multiples of ` +
      `${multiple}, as the network makes them smaller by that factor. Near it are a height of ${fits(height)} and a width of ${fits(width)}.`,
  );
}

/** The layers that one task's loss alone reaches. With a single task, those behind its features. */
function ownersOf(
  { tasks }: NetworkShape,
  outputs: readonly tf.SymbolicTensor[],
  features: readonly tf.SymbolicTensor[],
): Map<string, string> {
  const reached = outputs.map(layersBefore);
  const shared = tasks.length === 1 ? layersBefore(features[0]!) : new Set<string>();
  const owners = new Map<string, string>();
  for (const [index, layers] of reached.entries()) {
    for (const layer of layers) {
      const others = reached.some((other, at) => at !== index && other.has(layer));
      if (!others && !shared.has(layer)) owners.set(layer, tasks[index]!.name);
    }
  }
  return owners;
}

function layersBefore(output: tf.SymbolicTensor): Set<string> {
  const seen = new Set<tf.SymbolicTensor>();
  const open = [output];
  for (let tensor = open.pop(); tensor !== undefined; tensor = open.pop()) {
    if (seen.has(tensor)) continue;
    seen.add(tensor);
    open.push(...tensor.sourceLayer.inboundNodes[tensor.nodeIndex]!.inputTensors);
  }
  return new Set([...seen].map(({ sourceLayer }) => sourceLayer.name));
}
