import { convolution, foldKey, type Key, normalTensor } from '@overparam/engine';
import type { Expansion, Method, PlainLayer, Site, Tensors } from '@overparam/plugin';
import type { Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { inputChannels } from './algebra/geometry';
import { brokenMethod } from './check-expansion';
import { gapBetween } from './closeness';

const key: Key = [0x0f0a4d3e, 0x00c0ffee];

/** Rounding stays far below; a small variance of a given norm may make it large. */
const tolerance = 1e-3;

/**
 * Checks on a small image that an expansion computes what it collapses to, at its first values: that it does not would
 * otherwise show when days of training are collapsed. Trunks of tasks may differ from what they become, and are left
 * out, as are values that are not finite. Called inside a tidy.
 *
 * @throws OverparamError `method-broken`
 */
export function checkForward(
  method: Method,
  site: Site,
  expansion: Expansion,
  values: Tensors,
  layers: readonly PlainLayer[],
): void {
  if (expansion.perTask !== undefined) return;
  const pick = (specs: readonly { readonly name: string }[]) =>
    Object.fromEntries(specs.map(({ name }) => [name, values[name]!])) as Tensors;
  const x = imageFor(site);
  const context = { mode: 'infer', task: null, updateStatistics: false } as const;
  let y: Tensor4D;
  try {
    y = expansion.forward(x, pick(expansion.parameters), pick(expansion.state), context).y;
  } catch (error) {
    throw brokenMethod(method, site, `forward failed on the first values: ${(error as Error).message}`);
  }
  const wanted = layers.reduce(applied, x);
  if (y?.shape?.join() !== wanted.shape.join())
    throw brokenMethod(method, site, `forward gave [${y?.shape}] (expected [${wanted.shape}])`);
  if (y.dtype !== 'float32')
    throw brokenMethod(
      method,
      site,
      `forward gave values of type ${y.dtype} (expected float32; a step in half precision narrows them by itself, so that a method never casts)`,
    );
  const gap = gapBetween(wanted, y);
  if (gap <= tolerance || ![y, wanted].every((one) => one.dataSync().every(Number.isFinite))) return;
  throw brokenMethod(
    method,
    site,
    `collapse gives layers that compute something else than forward: gap ${gap.toExponential(1)} on the first values`,
  );
}

/** A little larger than the kernel, so that strides and padding have their effect. */
function imageFor(site: Site): Tensor4D {
  const { name, kind, kernelShape, dilation } = site;
  const side = (axis: 0 | 1) => dilation[axis] * (kernelShape[axis] - 1) + 3 + axis;
  const [height, width] = kind === 'dense' ? [1, 1] : [kind === 'conv1d' ? 1 : side(0), side(1)];
  return normalTensor(foldKey(key, name), [1, height, width, inputChannels(site)], 0, 1) as Tensor4D;
}

function applied(x: Tensor4D, { kernel, bias, ...geometry }: PlainLayer): Tensor4D {
  const y = convolution(x, kernel, geometry);
  return bias ? tf.add(y, bias) : y;
}
