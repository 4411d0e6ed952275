import { OverparamError } from '@overparam/errors';
import type { FlatEnd, FlatTensor } from '@overparam/export';
import type { Emitter, Value } from './emitter';
import type { GraphEnd } from './encode';
import { orderOf } from './layout';

/** What is done to a picture's pixels before a network takes them: `(pixel / 255 - mean) / std`, by channel. */
export interface Preprocessing {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/**
 * Puts the preparation of pictures in front of a network: it then takes pixels as a decoder gives them, `[n, h, w, c]`
 * of bytes. The graph's first input is changed in place.
 *
 * @throws OverparamError `invalid-options` where the network takes something else than one picture
 */
export function writePreprocessing(
  emitter: Emitter,
  ends: readonly FlatEnd[],
  inputs: GraphEnd[],
  known: Map<FlatTensor, Value>,
  { mean, std }: Preprocessing,
): void {
  const [end] = ends;
  const channels = end!.tensor.shape.at(-1)!;
  const sound = [mean, std].every((list) => list.length === channels && list.every(Number.isFinite));
  if (ends.length !== 1 || end!.tensor.shape.length !== 4 || !sound || std.some((value) => !(value > 0))) {
    throw new OverparamError(
      'invalid-options',
      `preprocessing: expected a network of one picture, and a mean and a std above 0 for each of its channels; got ${ends.length} inputs, the first of shape [${end!.tensor.shape}], ${mean.length} means and ${std.length} deviations.`,
    );
  }
  const value = known.get(end!.tensor)!;
  const { name, shape } = inputs[0]!;
  inputs[0] = { name, type: 'uint8', shape: [0, 2, 3, 1].map((axis) => shape[axis]!) };
  const numbers = emitter.one('Cast', `${name}/numbers`, [name], [{ name: 'to', integer: 1 }]);
  const turned = emitter.one(
    'Transpose',
    `${name}/channels first`,
    [numbers],
    [{ name: 'perm', integers: orderOf(4) }],
  );
  const along = (of: (channel: number) => number) => Float32Array.from({ length: channels }, (_, c) => of(c));
  const factor = emitter.floats(
    `${name}/factor`,
    [channels, 1, 1],
    along((c) => 1 / (255 * std[c]!)),
  );
  const shift = emitter.floats(
    `${name}/shift`,
    [channels, 1, 1],
    along((c) => -mean[c]! / std[c]!),
  );
  const scaled = emitter.one('Mul', `${name}/scaled`, [turned, factor]);
  known.set(end!.tensor, {
    name: emitter.one('Add', `${name}/normalised`, [scaled, shift]),
    shape: value.shape,
  });
}
