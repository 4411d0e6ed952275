import type { LayersModel, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { composeKernels } from './algebra/kernels';
import { effectiveRank } from './algebra/spectrum';
import { placedExpansions } from './network/parameters';

/** What an expanded layer's one kernel is like. */
export interface LayerShape {
  readonly layer: string;
  /** Root of the kernel's sum of squares. */
  readonly norm: number;
  /** Whether a norm is folded into the kernel, whose size then is not that of what trains. */
  readonly folded: boolean;
  /** See {@link effectiveRank}; null where it was not asked for. */
  readonly rank: number | null;
  /** Cosines between the kernels of two branches, by `first/second`; null where they were not asked for. */
  readonly similarities: Readonly<Record<string, number>> | null;
}

/** How {@link layerShapes} looks. */
export interface LayerShapeOptions {
  /** Whether ranks and similarities are computed, which takes longer; false where left out. */
  readonly whole?: boolean;
}

/** The one kernel that an expansion collapses to, or null for a sequence that is none; called inside a tidy. */
function kernelOf(layer: ReturnType<typeof placedExpansions>[number]['layer']): Tensor4D | null {
  const plain = layer.expansion.collapse(layer.parameterValues(), layer.stateValues(), null);
  const [first, second, ...more] = plain.map(({ kernel }) => kernel as Tensor4D);
  if (!second) return first!;
  const [kh, kw] = first!.shape;
  return more.length === 0 && kh === 1 && kw === 1 ? composeKernels(first!, second) : null;
}

/**
 * Cosines between kernels, by `first/second`; those of a kernel that is all zero are left out. Reads their values.
 *
 * @param parts  of one shape each; the caller's
 */
export function branchCosines(parts: Readonly<Record<string, Tensor4D>>): Record<string, number> {
  const all = Object.entries(parts).map(([name, kernel]) => ({ name, values: kernel.dataSync() }));
  const product = (a: ArrayLike<number>, b: ArrayLike<number>) => {
    let sum = 0;
    for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
    return sum;
  };
  return Object.fromEntries(
    all.flatMap((first, i) =>
      all.slice(i + 1).flatMap((second): [string, number][] => {
        const length = Math.sqrt(product(first.values, first.values) * product(second.values, second.values));
        if (length === 0) return [];
        return [[`${first.name}/${second.name}`, product(first.values, second.values) / length]];
      }),
    ),
  );
}

/**
 * What the kernels of a network's expanded layers are like now, in the network's order. A layer whose collapsed form is a
 * sequence of convolutions that is no single kernel, or that cannot be collapsed yet, is left out. Reads values.
 */
export function layerShapes(model: LayersModel, { whole = false }: LayerShapeOptions = {}): LayerShape[] {
  const shapes: LayerShape[] = [];
  for (const { layer, path } of placedExpansions(model)) {
    tf.tidy(() => {
      const kernel = kernelOf(layer);
      if (kernel === null) return;
      const { expansion } = layer;
      const parts = whole ? expansion.parts?.(layer.parameterValues(), layer.stateValues()) : undefined;
      shapes.push({
        layer: path,
        norm: lengthOf(kernel.dataSync()),
        folded: expansion.takesNorm,
        rank: whole ? effectiveRank(kernel) : null,
        similarities: parts ? branchCosines(parts) : null,
      });
    });
  }
  return shapes;
}

function lengthOf(values: ArrayLike<number>): number {
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += values[i]! ** 2;
  return Math.sqrt(squares);
}
