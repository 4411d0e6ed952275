import { OverparamError } from '@overparam/errors';
import { headOf } from '@overparam/mtl-heads';
import type { Head, Network, NetworkShape } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { checkShape } from './check-shape';
import { initialiseWeights, type Scheme } from './initialise';

/** The part of a network in front of its heads. */
export interface Features {
  /** What each task's head is given, `[n, h, w, channels]`, in the order of the tasks. */
  readonly features: readonly tf.SymbolicTensor[];
  /** See `Network`. */
  readonly representations: readonly string[];
}

/** How a network for dense prediction is put together. */
export interface DensePlan {
  readonly name: string;
  /** Height and width of the input must be multiples of it. */
  readonly multiple: number;
  /** The head for tasks whose labels are images, where a task brings none. */
  readonly head: Head;
  trunk(image: tf.SymbolicTensor): Features;
}

/** The network with all weights zero; see {@link assembleDense}. */
export function layOut(plan: DensePlan, shape: NetworkShape): Network {
  checkShape(plan.name, shape);
  checkSize(plan, shape);
  const [height, width] = shape.inputShape;
  const image = tf.input({ name: 'image', shape: [...shape.inputShape] });
  const { features, representations } = plan.trunk(image);
  const outputs = shape.tasks.map((task, index) =>
    headOf(plan.name, task, plan.head).build(features[index]!, {
      task: task.name,
      kind: task.kind,
      outputs: task.outputs,
      size: [height, width],
    }),
  );
  const model = tf.model({ name: plan.name, inputs: image, outputs });
  // tfjs counts every use of a layer, but takes off one only when the network is disposed: the weights of layers
  // with several uses would stay.
  for (const layer of model.layers) (layer as unknown as { _refCount: number })._refCount = 1;
  const owners = ownersOf(shape, outputs, features);
  return { model, representations, owner: (layer) => owners.get(layer) ?? null };
}

/**
 * Builds a network for tasks whose labels are images, and others, and sets all weights from the shape's key.
 *
 * @param scheme  of the layers that are shared, and of those that belong to a task
 * @throws OverparamError `invalid-network-shape`, also for sizes that the network cannot take; `unsupported-head` for
 *   a head that cannot serve its task
 */
export function assembleDense(
  plan: DensePlan,
  shape: NetworkShape,
  scheme: { readonly shared: Scheme; readonly own: Scheme },
): Network {
  const network = layOut(plan, shape);
  initialiseWeights(network.model, shape.key, ({ name }) =>
    network.owner(name) === null ? scheme.shared : scheme.own,
  );
  return network;
}

function checkSize({ name, multiple }: DensePlan, { inputShape: [height, width] }: NetworkShape): void {
  if (height % multiple === 0 && width % multiple === 0) return;
  const fits = (side: number) => {
    const below = Math.floor(side / multiple) * multiple;
    if (below === side) return `${side}`;
    return below > 0 ? `${below} or ${below + multiple}` : `${multiple}`;
  };
  throw new OverparamError(
    'invalid-network-shape',
    `[${name}] images of ${height}x${width} (height x width) cannot be taken: both sides must be multiples of ` +
      `${multiple}, as they are halved ${Math.log2(multiple)} times. Near it are a height of ${fits(height)} and a width of ${fits(width)}.`,
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
