import type { Routine } from '@overparam/plugin';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { alternating, cyclic, joint, plugin, progressive } from '../src/index';
import { type NetworkName, networks, planOf, runOf, updatesOf } from './runs';

const length = fc.oneof(
  fc.record({ epochs: fc.double({ min: 0, max: 5, noNaN: true }) }),
  fc.record({ updates: fc.nat(30) }),
  fc.record({ share: fc.double({ min: 0, max: 1, noNaN: true }) }),
);

// biome-ignore lint/suspicious/noExplicitAny: each routine's schema guards its options.
const routines: [Routine<any>, fc.Arbitrary<object>][] = [
  [joint, fc.constant({})],
  [
    alternating,
    fc.record({
      core: fc.integer({ min: 1, max: 3 }),
      frame: fc.integer({ min: 1, max: 3 }),
      sameBatch: fc.boolean(),
      rate: fc.constantFrom(1, 1.5, 2),
      taskOrder: fc.constantFrom('fixed', 'shuffled'),
    }),
  ],
  [cyclic, fc.record({ length, joint: length, resetAfter: fc.option(length) })],
  [
    progressive,
    fc.record({
      expandAt: fc.record({ share: fc.double({ min: 0, max: 0.45, noNaN: true }) }),
      collapseAt: fc.record({ share: fc.double({ min: 0.55, max: 1, noNaN: true }) }),
    }),
  ],
];

const anyRun = fc
  .record({
    network: fc.constantFrom(...(Object.keys(networks) as NetworkName[])),
    updates: fc.integer({ min: 10, max: 80 }),
    updatesPerEpoch: fc.integer({ min: 1, max: 12 }),
    key: fc.tuple(fc.nat(), fc.nat()),
  })
  .map(({ network, updates, updatesPerEpoch, key }) => runOf(network, updates, updatesPerEpoch, key));

describe.each(routines)('$name', (routine, options) => {
  test('every update has a phase of the stage that it is in', () => {
    fc.assert(
      fc.property(anyRun, options, (run, given) => {
        const schedule = planOf(routine, run, given);
        const names = schedule.phases.map(({ name }) => name);
        expect(new Set(names).size).toBe(names.length);
        updatesOf(schedule, run).forEach(({ phase }, index) => {
          const stage = schedule.stages.findLast(({ from }) => from <= index)!.stage;
          expect(schedule.phases.find(({ name }) => name === phase)?.stage).toBe(stage);
        });
      }),
    );
  });

  test('stages begin at 0 and ascend within the run', () => {
    fc.assert(
      fc.property(anyRun, options, (run, given) => {
        const begins = planOf(routine, run, given).stages.map(({ from }) => from);
        expect(begins[0]).toBe(0);
        begins.slice(1).forEach((from, index) => {
          expect(from).toBeGreaterThan(begins[index]!);
          expect(from).toBeLessThan(run.updates);
        });
      }),
    );
  });

  test('each update of the run is one gradient evaluation, and no more are there', () => {
    fc.assert(
      fc.property(anyRun, options, (run, given) => {
        const schedule = planOf(routine, run, given);
        expect(updatesOf(schedule, run)).toHaveLength(run.updates);
        for (const index of [-1, 0.5, run.updates]) {
          expect(() => schedule.at(index)).toThrow(expect.objectContaining({ code: 'update-out-of-range' }));
        }
      }),
    );
  });

  test('batches come in order without gaps, each once unless updates share it', () => {
    fc.assert(
      fc.property(anyRun, options, (run, given) => {
        const batches = updatesOf(planOf(routine, run, given), run).map(({ batch }) => batch);
        expect(batches[0]).toBe(0);
        const shares = 'sameBatch' in given && given.sameBatch;
        batches.slice(1).forEach((batch, index) => {
          const step = batch - batches[index]!;
          if (shares) expect([0, 1]).toContain(step);
          else expect(step).toBe(1);
        });
      }),
    );
  });

  test('the same run gives the same schedule, in any order of asking', () => {
    fc.assert(
      fc.property(anyRun, options, (run, given) => {
        const first = planOf(routine, run, given);
        const again = planOf(routine, run, given);
        const backwards = Array.from({ length: run.updates }, (_, index) =>
          again.at(run.updates - 1 - index),
        );
        expect(backwards.reverse()).toEqual(updatesOf(first, run));
        expect(again.phases).toEqual(first.phases);
      }),
    );
  });

  test('no phase names plain parameters or norms, and selectors are of known tasks and roles', () => {
    fc.assert(
      fc.property(anyRun, options, (run, given) => {
        for (const { moves, loss, rates } of planOf(routine, run, given).phases) {
          for (const { role, task } of [...moves, ...rates.map(({ groups }) => groups)]) {
            expect(['core', 'branch', 'scale', 'frame']).toContain(role);
            if (task !== undefined && task !== null) expect(run.tasks).toContain(task);
          }
          if (loss !== 'balanced') expect(run.tasks).toContain(loss.task);
        }
      }),
    );
  });

  test('refuses options that it does not have', () => {
    expect(() => planOf(routine, runOf('trirep'), { rates: 2 })).toThrow(
      expect.objectContaining({ code: 'invalid-options' }),
    );
  });
});

test('the plugin holds the four routines by name', () => {
  const names = ['joint', 'alternating', 'cyclic', 'progressive'];
  expect(plugin.routines?.map(({ name }) => name)).toEqual(names);
});
