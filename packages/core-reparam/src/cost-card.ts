import type { LayersModel } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { forward } from './forward';
import { buildDeployed } from './network/deploy';
import { placedExpansions } from './network/parameters';

/** What a network costs. */
export interface Cost {
  /** Trained scalars. */
  readonly parameters: number;
  /** Multiply-adds of one forward pass for one example. */
  readonly multiplyAdds: number;
  /** Multiply-adds of one forward pass whatever the batch: composing kernels. */
  readonly multiplyAddsPerPass: number;
}

/** The price of an expansion before training, and what is left of it after. */
export interface CostCard {
  /** As training runs it: what it looks at, such as second moments of an input, counts too. */
  readonly expanded: Cost;
  readonly deployed: Cost;
  /** The layers that are expanded, in the network's order. */
  readonly layers: readonly LayerCost[];
}

/** What one expanded layer costs, and how it scores; see {@link Score}. */
export interface LayerCost {
  readonly layer: string;
  readonly method: string;
  /** Trained scalars of its expansion. */
  readonly parameters: number;
  /** Scalars of the kernel that it collapses to, all kernels where they are several. */
  readonly deployed: number;
  /** Root of the sum of squares of that kernel, as it is now. */
  readonly weightNorm: number;
}

/**
 * Counts parameters and multiply-adds of an expanded network in training and of its collapsed form in use, by running both on
 * one and on two examples of zeros and counting what the convolutions and matrix products really did.
 *
 * @param size  side of the input where the network leaves it open; 32 where left out
 */
export async function costCard(model: LayersModel, size = 32): Promise<CostCard> {
  const collapsed = buildDeployed(model, 'fold');
  try {
    return {
      expanded: await costOf(model, size),
      deployed: await costOf(collapsed, size),
      layers: placedExpansions(model).map(layerCost),
    };
  } finally {
    collapsed.dispose();
  }
}

function layerCost({ layer, path }: ReturnType<typeof placedExpansions>[number]): LayerCost {
  return tf.tidy(() => {
    const plain = layer.expansion.collapse(layer.parameterValues(), layer.stateValues(), null);
    const squares = plain.map(({ kernel }) => kernel.square().sum().dataSync()[0]!);
    const sizes = Object.values(layer.parameterValues()).map(({ size }) => size);
    return {
      layer: path,
      method: layer.settings.method,
      parameters: sizes.reduce((sum, size) => sum + size, 0),
      deployed: plain.reduce((sum, { kernel }) => sum + kernel.size, 0),
      weightNorm: Math.sqrt(squares.reduce((sum, square) => sum + square, 0)),
    };
  });
}

async function costOf(model: LayersModel, size: number): Promise<Cost> {
  const one = await multiplyAdds(model, 1, size);
  const two = await multiplyAdds(model, 2, size);
  return {
    parameters: model.trainableWeights.reduce(
      (sum, weight) => sum + tf.util.sizeFromShape(weight.shape as number[]),
      0,
    ),
    multiplyAdds: two - one,
    multiplyAddsPerPass: 2 * one - two,
  };
}

async function multiplyAdds(model: LayersModel, examples: number, size: number): Promise<number> {
  const profile = await tf.profile(() => {
    tf.tidy(() => {
      const inputs = model.inputs.map(({ shape }) =>
        tf.zeros([examples, ...shape.slice(1).map((side) => side ?? size)]),
      );
      forward(model, inputs, { mode: 'infer', expansions: 'train' });
    });
  });
  return onlyOuter(profile.kernels).reduce((sum, kernel) => sum + kernelMultiplyAdds(kernel), 0);
}

type Kernel = Awaited<ReturnType<typeof tf.profile>>['kernels'][number];

/** What fused kernels are made of. */
const plainForms: Readonly<Record<string, string>> = {
  FusedConv2D: 'Conv2D',
  FusedDepthwiseConv2D: 'DepthwiseConv2dNative',
  _FusedMatMul: 'BatchMatMul',
};

/**
 * Kernels with multiply-adds, each once: an engine may run the plain kernel within the fused one, and both are told, the
 * inner one first.
 */
function onlyOuter(kernels: readonly Kernel[]): Kernel[] {
  const counted = kernels.filter((kernel) => kernelMultiplyAdds(kernel) > 0);
  const numbers = ({ inputShapes: [first, second], outputShapes: [output] }: Kernel) =>
    [first, second, output].map((shape) => tf.util.sizeFromShape(shape as number[])).join();
  return counted.filter((kernel, index) => {
    const next = counted[index + 1];
    return !(next && plainForms[next.name] === kernel.name && numbers(next) === numbers(kernel));
  });
}

function kernelMultiplyAdds({ name, inputShapes, outputShapes }: Kernel): number {
  const product = (shape: readonly number[] | null | undefined) => (shape ?? []).reduce((a, b) => a * b, 1);
  const output = outputShapes[0] as number[] | undefined;
  const [first, second] = inputShapes;
  if (!output || !first || !second) return 0;
  switch (name) {
    case 'Conv2D':
    case 'FusedConv2D':
      return (product(output) * product(second)) / second[3]!;
    case 'DepthwiseConv2dNative':
    case 'FusedDepthwiseConv2D':
      return product(output) * second[0]! * second[1]!;
    case 'BatchMatMul':
    case '_FusedMatMul': {
      // Of one matrix of the first: it may serve several of the second's.
      const summed = product(first.slice(-2)) / output[output.length - 2]!;
      return product(output) * summed;
    }
    default:
      return 0;
  }
}
