import type { Converter } from '../emitter';
import { axisOf } from '../layout';

/** Vectors no longer than this become zero, as the layer has it; here, of their squares. */
const shortestSquare = 1e-24;

const unitLength: Converter = ({ emitter, name, inputs }) => {
  const [x] = inputs;
  const axis = axisOf(x!.shape.length, -1);
  const squares = emitter.one(
    'ReduceSumSquare',
    `${name}/squares`,
    [x!.name],
    [
      { name: 'axes', integers: [axis] },
      { name: 'keepdims', integer: 1 },
    ],
  );
  const some = emitter.one('Greater', `${name}/some`, [squares, emitter.number(shortestSquare)]);
  const length = emitter.one('Sqrt', `${name}/length`, [
    emitter.one('Where', `${name}/safe`, [some, squares, emitter.number(1)]),
  ]);
  const unit = emitter.one('Div', `${name}/unit`, [x!.name, length]);
  return emitter.one('Where', name, [some, unit, emitter.number(0)]);
};

const weightedSum: Converter = ({ emitter, name, inputs, weight }) => {
  const { data } = weight('factors')!;
  const parts = inputs.map(({ name: x }, index) =>
    emitter.one('Mul', `${name}/${index}`, [
      x,
      emitter.floats(`${name}/factor ${index}`, [], Float32Array.of(data[index]!)),
    ]),
  );
  return emitter.one('Sum', name, parts);
};

/** Layers of `@overparam/layers` on vectors. */
export const vectors: Readonly<Record<string, Converter>> = {
  OverparamUnitLength: unitLength,
  OverparamWeightedSum: weightedSum,
};
