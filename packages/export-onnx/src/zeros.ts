import type { Emitter, Value } from './emitter';

/** A value with the zeros around it really there. */
export function withZeros(emitter: Emitter, value: Value): Value {
  return value.padding ? { name: padNode(emitter, value, []), shape: value.shape } : value;
}

/**
 * Zeros in front of max-pooling. ONNX Runtime (1.30) and others take a layer of zeros for the pooling's own padding, which
 * loses against everything: of windows below zero they then find another maximum. They do so only where the padding is
 * exactly zero, so the smallest normal number stands there.
 *
 * Source: https://github.com/onnxsim/onnxsim/issues/290
 */
export function withZerosForMaximum(emitter: Emitter, value: Value): Value {
  if (!value.padding) return value;
  return { name: padNode(emitter, value, [emitter.number(2 ** -126)]), shape: value.shape };
}

function padNode(emitter: Emitter, { name, padding }: Value, filler: readonly string[]): string {
  const [[top, bottom], [left, right]] = padding as [[number, number], [number, number]];
  const pads = emitter.integers([0, 0, top, left, 0, 0, bottom, right]);
  return emitter.one('Pad', `${name}/padded`, [name, pads, ...filler], [{ name: 'mode', text: 'constant' }]);
}
