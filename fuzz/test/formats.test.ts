import { useEngine } from '@overparam/engine';
import { afterAll, expect, test } from 'vitest';
import { mostGap, networks } from '../../packages/formats/test/zoo';
import { allMethods, gapOf, isRight, stopPrograms } from '../deployed';
import { checkDeployed } from '../deployed/check';
import { checkFormats } from '../formats';

// The long form: `npm run fuzz -- formats --format onnx --count 200`, and so for each format.
const seed = 3;

afterAll(stopPrograms);

test.each(['onnx', 'tfjs'])(
  'drawn networks compute in %s what TensorFlow.js computes',
  { timeout: 300_000 },
  async (format) => {
    const verdicts = await checkFormats(format, 40, seed);
    expect(verdicts.filter(({ outcome }) => outcome === 'wrong')).toEqual([]);
    expect(verdicts.filter(({ outcome }) => outcome === 'right').length).toBeGreaterThan(28);
  },
);

// The long form, all networks and methods: `npm run fuzz -- deployed`.
test.each([
  ['ResNet-8', 'dbb'],
  ['SegNet', 'trirep'],
])('%s, trained with %s, is the same in every program that runs its files', async (network, name) => {
  await useEngine('auto');
  const method = (await allMethods()).find((each) => each.name === name)!;
  const found = await checkDeployed(networks[network]!, method);
  const { gaps } = found;
  expect(gaps.length).toBeGreaterThan(3);
  for (const gap of gaps) expect([gap.program, gapOf(found, gap) <= mostGap]).toEqual([gap.program, true]);
  expect(isRight(found)).toBe(true);
  expect(isRight({ ...found, varies: 0 })).toBe(false);
});
