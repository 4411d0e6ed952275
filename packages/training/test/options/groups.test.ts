import { fnl } from '@overparam/method-fnl';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { optimisedParameters, rateFactors } from '../../src/groups';
import { closeRun, openRun } from '../support/runs';
import { tiny } from '../support/setups';
import { distancesTo } from './follow-options';
import { take, ways } from './ways';

const groups = [
  { match: 'shared1/*', rate: 0.1 },
  { match: ['second_out/kernel', 'second_out/bias'], rate: 2 },
];

describe.each(ways)('on $name', (way) => {
  let leave = () => {};
  beforeAll(async () => {
    leave = await take(way);
  });
  afterAll(() => leave());

  test("rates by pattern follow PyTorch's parameter groups", async () => {
    const { losses, weights } = await distancesTo('rates', { parameterGroups: groups });
    expect(losses).toBeLessThan(1e-5);
    expect(weights).toBeLessThan(1e-5);
    // Without them the same trajectory is another one.
    expect((await distancesTo('rates', {})).losses).toBeGreaterThan(0.1);
  });
});

test("roles have rates and decay of their own, beside the routine's factors", async () => {
  const rules = [
    { role: 'frame', rate: 0.25, weightDecay: 0.3 },
    { match: 'classifier/*', weightDecay: 0 },
  ] as const;
  const run = await openRun({ ...tiny, method: fnl, select: { kernel: [3, 3] }, parameterGroups: rules });
  const { parameters } = run.state.trained.network;
  const phase = {
    ...run.plan.schedule.phases[0]!,
    rates: [{ groups: { role: 'frame' }, factor: 3 }],
  } as const;
  const factors = rateFactors(phase, parameters, rules);
  const optimised = optimisedParameters(parameters, { coefficient: 0.1, norms: false, biases: false }, rules);
  const frames = parameters.filter(({ role }) => role === 'frame');
  expect(frames.length).toBeGreaterThan(5);
  for (const { name } of frames) {
    expect(factors[name]).toBe(0.75);
    expect(optimised.find((each) => each.name === name)!.weightDecay).toBe(0.3);
  }
  expect(Object.keys(factors)).toHaveLength(frames.length);
  expect(optimised.find(({ name }) => name === 'classifier/kernel')!.weightDecay).toBe(0);
  await closeRun(run);
});

test('groups that choose nothing are refused before anything is trained', async () => {
  await expect(openRun({ ...tiny, parameterGroups: [{ match: 'stam_*', rate: 2 }] })).rejects.toThrow(
    /parameterGroups\[0\].*"stam_\*".*chooses none of the \d+ parameters/,
  );
  await expect(openRun({ ...tiny, parameterGroups: [{ rate: 2 }, { match: 'stem_*' }] })).rejects.toThrow(
    /parameterGroups\[1\] chooses only parameters that an earlier group has/,
  );
});
