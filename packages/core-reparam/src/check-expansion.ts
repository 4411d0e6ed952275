import { OverparamError } from '@overparam/errors';
import type { Expansion, Method, PlainLayer, Role, Site, Tensors } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { inputChannels, outputSize } from './algebra/geometry';

const roles: readonly Role[] = ['core', 'frame', 'branch', 'scale', 'norm', 'plain'];
const continued: readonly unknown[] = [undefined, 'kernel', 'bias', 'gamma', 'beta'];
const statistics: readonly unknown[] = [undefined, 'mean', 'variance', 'covariance'];
const perTask: readonly unknown[] = [undefined, 'separate', 'merging'];

/** The error for something that a method gave and should not have given. */
export function brokenMethod({ name }: Pick<Method, 'name'>, site: Site, what: string): OverparamError {
  return new OverparamError(
    'method-broken',
    `[${name}] layer "${site.name}": ${what}. This is a mistake in the method.`,
  );
}

/**
 * Checks what a method's `expand` gave: functions, names, shapes, roles. What is wrong there would show after days of
 * training, or not at all: a parameter of a role that no routine knows never moves.
 *
 * @throws OverparamError `method-broken`
 */
export function checkExpansion(method: Method, site: Site, expansion: Expansion): void {
  const refuse = (what: string) => brokenMethod(method, site, what);
  if (typeof expansion !== 'object' || expansion === null)
    throw refuse(`expand gave ${String(expansion)} (expected an expansion)`);
  for (const name of ['initialise', 'forward', 'collapse'] as const) {
    if (typeof expansion[name] !== 'function') throw refuse(`its expansion has no function ${name}()`);
  }
  for (const list of ['parameters', 'state'] as const) {
    if (!Array.isArray(expansion[list])) throw refuse(`its expansion has no list "${list}"`);
  }
  const names = new Set<string>();
  for (const { name, shape } of [...expansion.parameters, ...expansion.state]) {
    if (typeof name !== 'string' || name === '') throw refuse('a parameter or state has no name');
    if (names.has(name)) throw refuse(`two parameters or states are called "${name}"`);
    names.add(name);
    if (!Array.isArray(shape) || !shape.every((side) => Number.isInteger(side) && side > 0))
      throw refuse(`"${name}" has the shape [${shape}] (expected whole numbers above 0)`);
  }
  for (const { name, role, continues } of expansion.parameters) {
    if (!roles.includes(role))
      throw refuse(`"${name}" has the role ${shown(role)} (expected one of ${roles.join(', ')})`);
    if (!continued.includes(continues))
      throw refuse(`"${name}" continues ${shown(continues)} (expected kernel, bias, gamma, beta or nothing)`);
  }
  for (const { name, statistic, shape } of expansion.state) {
    if (!statistics.includes(statistic))
      throw refuse(
        `"${name}" is the statistic ${shown(statistic)} (expected mean, variance, covariance or none)`,
      );
    if (statistic === 'covariance' && (shape.length < 2 || shape.at(-1) !== shape.at(-2)))
      throw refuse(`"${name}" is a covariance of the shape [${shape}] (expected [..., c, c])`);
  }
  if (!perTask.includes(expansion.perTask))
    throw refuse(`perTask is ${shown(expansion.perTask)} (expected separate, merging or nothing)`);
  if (expansion.takesNorm && !site.norm) throw refuse('it takes a norm over where the layer has none');
  const trained = new Set(expansion.parameters.map(({ name }) => name));
  const lost = expansion.decayCovers?.find((name) => !trained.has(name));
  if (lost !== undefined) throw refuse(`decayCovers names "${lost}", which is none of its parameters`);
}

/** Checks that first values are there and have the shapes that were declared. */
export function checkValues(method: Method, site: Site, expansion: Expansion, values: Tensors): void {
  for (const { name, shape } of [...expansion.parameters, ...expansion.state]) {
    const value = values[name];
    const found = value instanceof tf.Tensor ? value.shape.join('x') : 'nothing';
    if (found === shape.join('x')) continue;
    throw brokenMethod(
      method,
      site,
      `initialise gave ${found || 'a single number'} for "${name}" (expected ${shape.join('x') || 'a single number'})`,
    );
  }
}

/**
 * Collapses an expansion and checks that the layers fit: kernels follow each other from the site's channels in to its
 * channels out, and make images of the size that the site makes.
 *
 * @returns the layers; called inside a tidy
 * @throws OverparamError `method-broken`
 */
export function collapsedLayers(
  method: Method,
  site: Site,
  expansion: Expansion,
  values: Tensors,
): readonly PlainLayer[] {
  const refuse = (what: string) => brokenMethod(method, site, what);
  const pick = (specs: readonly { readonly name: string }[]) =>
    Object.fromEntries(specs.map(({ name }) => [name, values[name]!])) as Tensors;
  let layers: readonly PlainLayer[];
  try {
    layers = expansion.collapse(pick(expansion.parameters), pick(expansion.state), null);
  } catch (error) {
    throw new OverparamError(
      'method-broken',
      `[${method.name}] layer "${site.name}": collapse failed on the first values: ${(error as Error).message}`,
      { cause: error },
    );
  }
  if (!Array.isArray(layers) || layers.length === 0) throw refuse('collapse gave no layers');
  const { groups: wanted = 1 } = site;
  if (wanted > 1 && layers.length > 1)
    throw refuse(`collapse gave ${layers.length} layers (expected one for a layer in groups)`);
  let channels = inputChannels(site);
  for (const { kernel, bias, groups = 1 } of layers) {
    if (groups !== wanted) throw refuse(`collapse gave a layer in ${groups} groups (expected ${wanted})`);
    const shape = kernel?.shape ?? [];
    if (shape.length !== 4 || shape[2] !== channels / groups)
      throw refuse(`collapse gave a kernel [${shape}] (expected [kh, kw, ${channels / groups}, …])`);
    channels = shape[3]!;
    if (bias && bias.shape.join() !== String(channels))
      throw refuse(`collapse gave a bias [${bias.shape}] (expected [${channels}])`);
  }
  const [kh, kw, , cout] = site.kernelShape;
  const only = layers.length === 1 ? layers[0]!.kernel.shape : null;
  if (channels !== cout || (only && site.kind === 'dense' && (only[0] !== 1 || only[1] !== 1)))
    throw refuse(
      `collapse gave kernels up to [${layers.at(-1)!.kernel.shape}] (expected [${kh}, ${kw}, …, ${cout}])`,
    );
  for (const axis of [0, 1] as const) checkSize(site, layers, axis, refuse);
  return layers;
}

function checkSize(
  site: Site,
  layers: readonly PlainLayer[],
  axis: 0 | 1,
  refuse: (what: string) => OverparamError,
): void {
  // Two sides that differ by one tell strides apart as well.
  for (const side of [64, 65]) {
    const wanted = outputSize(site, axis, side);
    const made = layers.reduce<number | null>(
      (size, layer) => outputSize({ ...layer, kernelShape: layer.kernel.shape }, axis, size),
      side,
    );
    if (made !== wanted)
      throw refuse(
        `collapse gave layers that make ${made} pixels of ${side} where the layer makes ${wanted}: a kernel's size, strides, dilation or padding is wrong`,
      );
  }
}

function shown(value: unknown): string {
  return typeof value === 'string' ? `"${value}"` : String(value);
}
