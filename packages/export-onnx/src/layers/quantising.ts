import type { Converter, Grid } from '../emitter';

/** To whole numbers of eight bits and back again: runtimes take the pairs of nodes around a layer into an int8 layer. */
const fakeQuantise: Converter = ({ emitter, name, inputs, config }) => {
  const { scale, zeroPoint } = config as unknown as Grid;
  const constants = [emitter.number(scale), emitter.wholes(`uint8 ${zeroPoint}`, 'uint8', [], [zeroPoint])];
  const whole = emitter.one('QuantizeLinear', `${name}/whole`, [inputs[0]!.name, ...constants]);
  return [{ name: emitter.one('DequantizeLinear', name, [whole, ...constants]), grid: { scale, zeroPoint } }];
};

/** The layer of `@overparam/quantise` that stands for eight bits. */
export const quantising: Readonly<Record<string, Converter>> = { OverparamFakeQuantise: fakeQuantise };
