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

const gatedSum: Converter = ({ emitter, name, inputs }) => {
  const [weights, ...given] = inputs;
  const rank = given[0]!.shape.length;
  const sides = [-1, ...new Array<number>(rank - 1).fill(1)];
  const parts = given.map(({ name: x }, index) => {
    const weight = emitter.one(
      'Gather',
      `${name}/weight ${index}`,
      [weights!.name, emitter.integers([index])],
      [{ name: 'axis', integer: 1 }],
    );
    const shaped = emitter.one('Reshape', `${name}/shaped ${index}`, [weight, emitter.integers(sides)]);
    return emitter.one('Mul', `${name}/${index}`, [x, shaped]);
  });
  return emitter.one('Sum', name, parts);
};

const learnedVector: Converter = ({ constant }) =>
  constant('vector', '', ({ shape, data }) => ({ shape: [1, ...shape], data }));

const expertSelection: Converter = ({ emitter, name, config, inputs }) => {
  const [z, w] = inputs;
  const gamma = config.gamma as number;
  const selectors = w!.shape[1]!;
  const digits = z!.shape[1]! / selectors;
  const experts = 2 ** digits;
  const reshaped = (x: string, part: string, sides: readonly number[]) =>
    emitter.one('Reshape', `${name}/${part}`, [x, emitter.integers(sides)]);
  const times = (x: string, y: string, part: string) => emitter.one('Mul', `${name}/${part}`, [x, y]);
  const inside = emitter.one('Clip', `${name}/inside`, [
    reshaped(z!.name, 'digits', [-1, selectors, 1, digits]),
    emitter.number(-gamma / 2),
    emitter.number(gamma / 2),
  ]);
  const cubed = times(times(inside, inside, 'squared'), inside, 'cubed');
  const slope = emitter.one('Add', `${name}/slope`, [
    times(cubed, emitter.number(-2 / gamma ** 3), 'cubic'),
    times(inside, emitter.number(3 / (2 * gamma)), 'linear'),
  ]);
  const on = emitter.one('Add', `${name}/on`, [slope, emitter.number(0.5)]);
  // A digit that is to be 0 has the weight 1 - on: (2 c - 1) * on + (1 - c) for the digit c of an expert.
  const codes = Float32Array.from({ length: experts * digits }, (_, at) => {
    const expert = Math.floor(at / digits);
    return (expert >> (digits - 1 - (at % digits))) & 1;
  });
  const constant = (part: string, of: (code: number) => number) =>
    emitter.floats(`${name}/${part}`, [1, 1, experts, digits], codes.map(of));
  const chosen = emitter.one('Add', `${name}/chosen`, [
    times(
      on,
      constant('signs', (code) => 2 * code - 1),
      'signed',
    ),
    constant('offsets', (code) => 1 - code),
  ]);
  const product = emitter.one(
    'ReduceProd',
    `${name}/product`,
    [chosen],
    [
      { name: 'axes', integers: [3] },
      { name: 'keepdims', integer: 0 },
    ],
  );
  const shares = emitter.one('Softmax', `${name}/shares`, [w!.name], [{ name: 'axis', integer: 1 }]);
  const sum = emitter.one('MatMul', `${name}/sum`, [reshaped(shares, 'row', [-1, 1, selectors]), product]);
  return emitter.one('Reshape', name, [sum, emitter.integers([-1, experts])]);
};

/** Layers of `@overparam/layers` on vectors. */
export const vectors: Readonly<Record<string, Converter>> = {
  OverparamUnitLength: unitLength,
  OverparamWeightedSum: weightedSum,
  OverparamGatedSum: gatedSum,
  OverparamLearnedVector: learnedVector,
  OverparamExpertSelection: expertSelection,
};
