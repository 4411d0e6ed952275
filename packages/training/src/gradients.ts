import type { Backward } from '@overparam/engine';
import * as tf from '@tensorflow/tfjs';
import type { TrainedParameter } from './network';

/** One backward pass: a scalar, and the parameters that take its gradient, times a share. */
export interface Pass {
  readonly descended: tf.Scalar;
  readonly moves: readonly TrainedParameter[];
  share?(parameter: TrainedParameter): number;
}

type Gradients = Record<string, tf.Tensor>;

/** The gradients of a pass with respect to composed kernels, by layer. */
interface AtKernels {
  readonly pass: Pass;
  readonly byLayer: ReadonlyMap<string, tf.Tensor>;
}

const shareOf = ({ share }: Pass, parameter: TrainedParameter) => share?.(parameter) ?? 1;

function times(gradient: tf.Tensor, factor: number): tf.Tensor {
  return factor === 1 ? gradient : tf.mul(gradient, factor);
}

/**
 * The sum over passes of the gradients that each parameter takes, by parameter name.
 *
 * @param kernels  composed kernels by layer. Gradients are summed up there before they go on to what a kernel is made
 *                 of: frames that all tasks share then cost one pass through them and not one a task
 */
export function gradientsOf(
  passes: readonly Pass[],
  kernels: ReadonlyMap<string, tf.Tensor4D>,
  backward: Backward,
): Gradients {
  const isInside = ({ layer, role }: TrainedParameter) => role !== 'plain' && kernels.has(layer);
  const gradients: Gradients = {};
  const atKernels: AtKernels[] = [];
  for (const pass of passes) {
    const layers = [...new Set(pass.moves.filter(isInside).map(({ layer }) => layer))];
    const direct = pass.moves.filter((parameter) => !isInside(parameter));
    if (pass.moves.length === 0) continue;
    const found = backward(pass.descended, [
      ...layers.map((layer) => kernels.get(layer)!),
      ...direct.map(({ variable }) => variable),
    ]);
    direct.forEach((parameter, index) => {
      const gradient = found[layers.length + index];
      if (!gradient) return;
      const part = times(gradient, shareOf(pass, parameter));
      const before = gradients[parameter.name];
      gradients[parameter.name] = before ? tf.add(before, part) : part;
    });
    const reached = layers.flatMap((layer, index) => (found[index] ? [[layer, found[index]] as const] : []));
    atKernels.push({ pass, byLayer: new Map(reached) });
  }
  for (const [layer, kernel] of kernels) {
    Object.assign(gradients, insideOf(layer, kernel, atKernels, backward));
  }
  return gradients;
}

/** Takes gradients of a layer's kernel on to its parameters, together for those that take the same parts of the passes. */
function insideOf(
  layer: string,
  kernel: tf.Tensor4D,
  atKernels: readonly AtKernels[],
  backward: Backward,
): Gradients {
  const groups = new Map<string, { parameters: TrainedParameter[]; shares: readonly number[] }>();
  for (const parameter of new Set(atKernels.flatMap(({ pass }) => pass.moves))) {
    if (parameter.layer !== layer || parameter.role === 'plain') continue;
    const shares = atKernels.map(({ pass }) =>
      pass.moves.includes(parameter) ? shareOf(pass, parameter) : 0,
    );
    const group = groups.get(shares.join()) ?? { parameters: [], shares };
    group.parameters.push(parameter);
    groups.set(shares.join(), group);
  }
  const gradients: Gradients = {};
  for (const { parameters, shares } of groups.values()) {
    const parts = atKernels.flatMap(({ byLayer }, index) => {
      const part = byLayer.get(layer);
      return part && shares[index] !== 0 ? [times(part, shares[index]!)] : [];
    });
    if (parts.length === 0) continue;
    const found = backward(
      kernel,
      parameters.map(({ variable }) => variable),
      parts.length === 1 ? parts[0] : tf.addN(parts),
    );
    parameters.forEach((parameter, index) => {
      if (found[index]) gradients[parameter.name] = found[index];
    });
  }
  return gradients;
}
