import { expect, test } from 'vitest';
import { type ComparedFigure, improvementDefinitions } from '../src/index';

// [task, direction] of the usual nine columns.
const columns = [
  ['segmentation', 'higher'],
  ['segmentation', 'higher'],
  ['depth', 'lower'],
  ['depth', 'lower'],
  ['normals', 'lower'],
  ['normals', 'lower'],
  ['normals', 'higher'],
  ['normals', 'higher'],
  ['normals', 'higher'],
] as const;

const compared = (
  values: number[],
  references: number[],
  of: readonly (typeof columns)[number][] = columns,
) =>
  of.map(
    ([task, direction], i): ComparedFigure => ({
      task,
      direction,
      value: values[i]!,
      reference: references[i]!,
    }),
  );

// Rep-MTL, table 1 (dilated ResNet-50): single-task networks, and the sum of losses.
const single = [53.5, 75.39, 0.3926, 0.1605, 21.99, 15.16, 39.04, 65.0, 75.16];
const together = [53.93, 75.53, 0.3825, 0.1577, 23.57, 17.01, 35.04, 60.99, 72.05];
// Nash-MTL's published code and table (SegNet): base, linear scalarisation, Nash-MTL.
const base = [0.383, 0.6376, 0.6754, 0.278, 25.01, 19.21, 0.3014, 0.572, 0.6915];
const sum = [0.3929, 0.6533, 0.5493, 0.2263, 28.15, 23.96, 0.2209, 0.475, 0.6108];
const nash = [0.4013, 0.6593, 0.5261, 0.2171, 25.26, 20.08, 0.284, 0.5547, 0.6815];

test.each([
  // Published: -1.78 and -3.85.
  ['deltaTask', together, single, -1.778],
  ['deltaMetric', together, single, -3.848],
  // Published: 5.59 and -4.04.
  ['deltaM', sum, base, 5.589],
  ['deltaM', nash, base, -4.047],
])('%s of published rows', (name, values, references, expected) => {
  expect(
    Math.abs(improvementDefinitions[name]!.compute(compared(values, references)) - expected),
  ).toBeLessThan(6e-4);
});

test('deltaHeadline of a published row takes the first figure of each task', () => {
  // auto-lambda's README: single, and equal weights, +3.57.
  const three = [columns[0], columns[2], columns[4]];
  const { compute } = improvementDefinitions.deltaHeadline!;
  expect(
    Math.abs(compute(compared([44.64, 43.32, 24.48], [43.37, 52.24, 22.4], three)) - 3.573),
  ).toBeLessThan(6e-4);
  const nine = compute(compared(nash, base));
  const firsts = [0, 2, 4];
  const alone = compute(
    compared(
      firsts.map((i) => nash[i]!),
      firsts.map((i) => base[i]!),
      three,
    ),
  );
  expect(nine).toBe(alone);
});

test('every definition is 0 for the reference itself, and says where better is', () => {
  for (const [name, definition] of Object.entries(improvementDefinitions)) {
    expect(definition.name).toBe(name);
    expect(definition.compute(compared(single, single))).toBeCloseTo(0, 12);
    const better = single.map((value, i) => (columns[i]![1] === 'higher' ? value * 1.1 : value * 0.9));
    const change = definition.compute(compared(better, single));
    expect(change * (definition.direction === 'higher' ? 1 : -1)).toBeCloseTo(10, 9);
  }
});

test('a figure that was not counted, before or after JSON, leaves no improvement rather than a loss of 100 %', () => {
  for (const at of [0, 3, 4]) {
    const figures = compared(together, single);
    const parts = [
      { ...figures[at]!, value: Number.NaN },
      { ...figures[at]!, reference: Number.NaN },
    ];
    for (const missing of parts.flatMap((part) => [
      part,
      JSON.parse(JSON.stringify(part)) as ComparedFigure,
    ])) {
      const all = figures.map((figure, index) => (index === at ? missing : figure));
      for (const name of ['deltaTask', 'deltaMetric', 'deltaM']) {
        expect(improvementDefinitions[name]!.compute(all)).toBeNaN();
      }
      // The first figures of tasks are those at 0, 2 and 4.
      const headline = improvementDefinitions.deltaHeadline!.compute(all);
      expect(Number.isNaN(headline)).toBe(at !== 3);
    }
  }
});
