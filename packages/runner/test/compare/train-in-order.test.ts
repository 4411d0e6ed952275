import type { RunConfig } from '@overparam/config';
import type { Outcome } from '@overparam/launchers';
import { expect, test } from 'vitest';
import { trainInOrder } from '../../src/compare/controls';
import type { PlannedRun } from '../../src/compare/plan';

const run = (label: string, follows: RunConfig['follows'] = null) =>
  ({ label, config: { label, follows } }) as unknown as PlannedRun;
const runs = [run('control', { what: 'norms', run: 'runs/a' }), run('a'), run('b')];

async function trained(ends: Readonly<Record<string, Outcome>>) {
  const waves: string[][] = [];
  const outcomes = await trainInOrder(runs, async (wave) => {
    waves.push(wave.map(({ label }) => label));
    return wave.map(({ label }) => ends[label] ?? { kind: 'finished' });
  });
  return { waves, kinds: outcomes.map(({ kind }) => kind) };
}

test('runs that follow others come after them, and outcomes in the order of the runs', async () => {
  const failed = { kind: 'failed', message: 'out of memory' } as const;
  expect(await trained({ b: failed })).toEqual({
    waves: [['a', 'b'], ['control']],
    kinds: ['finished', 'finished', 'failed'],
  });
});

test.each(['left', 'stopped'] as const)('they do not begin where one of those before is %s', async (kind) => {
  expect(await trained({ a: { kind } })).toEqual({
    waves: [['a', 'b']],
    kinds: [kind, kind, 'finished'],
  });
});
