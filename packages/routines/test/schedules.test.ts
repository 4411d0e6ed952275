import { describe, expect, test } from 'vitest';
import { alternating, cyclic, joint, progressive } from '../src/index';
import { chosen, movedBy, phasesOf, planOf, runOf, updatesOf } from './runs';

describe('joint', () => {
  test('moves all at every update', () => {
    const run = runOf('routed', 3);
    const schedule = planOf(joint, run);
    expect(phasesOf(schedule, run)).toBe('joint joint joint');
    expect(movedBy(schedule, 'joint', run)).toEqual([
      'core',
      'core/depth',
      'core/normals',
      'frame/U',
      'frame/V',
      'branch',
      'scale',
    ]);
    expect(schedule.notes).toEqual([]);
  });

  test('has nothing to say of the baseline, whose parameters all move', () => {
    expect(planOf(joint, runOf('plain')).notes).toEqual([]);
  });
});

describe('alternating', () => {
  test('turns of one update each, on a batch each', () => {
    const run = runOf('trirep', 5);
    const schedule = planOf(alternating, run);
    expect(phasesOf(schedule, run)).toBe('core frame core frame core');
    expect(updatesOf(schedule, run).map(({ batch }) => batch)).toEqual([0, 1, 2, 3, 4]);
    expect(movedBy(schedule, 'core', run)).toEqual(['core', 'branch', 'scale']);
    expect(movedBy(schedule, 'frame', run)).toEqual(['frame/U', 'frame/V']);
    expect(schedule.phases.every(({ loss, rates }) => loss === 'balanced' && rates.length === 0)).toBe(true);
  });

  test('turns of several updates, and a rate for the groups that take turns', () => {
    const run = runOf('trirep', 8);
    const schedule = planOf(alternating, run, { core: 2, frame: 1, rate: 1.5 });
    expect(phasesOf(schedule, run)).toBe('core core frame core core frame core core');
    for (const { moves, rates } of schedule.phases) {
      expect(rates.map(({ factor }) => factor)).toEqual(moves.map(() => 1.5));
      expect(
        chosen(
          rates.map(({ groups }) => groups),
          run,
        ),
      ).toEqual(chosen(moves, run));
    }
  });

  test('sameBatch takes half the batches for as many updates', () => {
    const run = runOf('trirep', 6);
    const schedule = planOf(alternating, run, { sameBatch: true });
    expect(phasesOf(schedule, run)).toBe('core frame core frame core frame');
    expect(updatesOf(schedule, run).map(({ batch }) => batch)).toEqual([0, 0, 1, 1, 2, 2]);
    expect(schedule.notes).toEqual([expect.stringContaining('sees 3 batches')]);
  });

  test('with cores by task: each task on its own loss, then what they share', () => {
    const run = runOf('routed', 7);
    const schedule = planOf(alternating, run);
    expect(phasesOf(schedule, run)).toBe(
      'core:depth core:normals shared core:depth core:normals shared core:depth',
    );
    expect(movedBy(schedule, 'core:depth', run)).toEqual(['core/depth']);
    expect(movedBy(schedule, 'core:normals', run)).toEqual(['core/normals']);
    expect(movedBy(schedule, 'shared', run)).toEqual(['frame/U', 'frame/V', 'branch', 'scale']);
    expect(schedule.phases.map(({ loss }) => loss)).toEqual([
      { task: 'depth' },
      { task: 'normals' },
      'balanced',
    ]);
    expect(schedule.notes).toEqual([expect.stringContaining('rest for the whole run')]);
  });

  test('with cores by task, sameBatch gives a whole round one batch', () => {
    const run = runOf('routed', 7);
    const batches = updatesOf(planOf(alternating, run, { sameBatch: true }), run).map(({ batch }) => batch);
    expect(batches).toEqual([0, 0, 0, 1, 1, 1, 2]);
  });

  test('a single task with a core of its own alternates core and frame', () => {
    const run = { ...runOf('routed', 4), tasks: ['depth'] };
    expect(phasesOf(planOf(alternating, run), run)).toBe('core:depth shared core:depth shared');
  });

  test('shuffled tasks: both orders come, each round has each task once, the key decides', () => {
    const run = runOf('routed', 300);
    const shuffled = (key: readonly [number, number]) =>
      phasesOf(planOf(alternating, { ...run, key }, { taskOrder: 'shuffled' }), run);
    const rounds = shuffled([1, 2]).match(/\S+ \S+ shared/g)!;
    expect(rounds).toHaveLength(100);
    const straight = rounds.filter((round) => round === 'core:depth core:normals shared').length;
    expect(rounds.filter((round) => round === 'core:normals core:depth shared')).toHaveLength(100 - straight);
    expect(straight).toBeGreaterThan(30);
    expect(straight).toBeLessThan(70);
    expect(shuffled([1, 2])).toBe(shuffled([1, 2]));
    expect(shuffled([1, 3])).not.toBe(shuffled([1, 2]));
  });

  test('notes a phase that moves nothing of the method', () => {
    expect(planOf(alternating, runOf('repvgg')).notes).toEqual([expect.stringContaining('"frame"')]);
    expect(planOf(alternating, runOf('fnlWide')).notes).toEqual([expect.stringContaining('"core"')]);
  });
});

describe('cyclic', () => {
  test('C, C, U, C, C, V by epochs, the last 15 % joint', () => {
    const run = runOf('trirep', 20, 2);
    const schedule = planOf(cyclic, run);
    expect(phasesOf(schedule, run)).toBe('C C C C U U C C C C V V C C C C U joint joint joint');
    expect(movedBy(schedule, 'C', run)).toEqual(['core', 'branch', 'scale']);
    expect(movedBy(schedule, 'U', run)).toEqual(['frame/U']);
    expect(movedBy(schedule, 'V', run)).toEqual(['frame/V']);
    expect(movedBy(schedule, 'joint', run)).toEqual(['core', 'frame/U', 'frame/V', 'branch', 'scale']);
    expect(schedule.notes).toEqual([]);
  });

  test('a block that rested for more than an epoch starts again with empty slots', () => {
    const run = runOf('trirep', 20, 2);
    const resets = updatesOf(planOf(cyclic, run), run).flatMap(({ reset }, index) =>
      reset.length > 0 ? [[index, ...chosen(reset, run)]] : [],
    );
    // C rests for exactly one epoch each time; U rests for updates 6 to 15, V for 12 to 16.
    expect(resets).toEqual([
      [16, 'frame/U'],
      [17, 'frame/V'],
    ]);
  });

  test('resetAfter in updates, and none at all', () => {
    const run = runOf('trirep', 20, 2);
    const at = (options: object) =>
      updatesOf(planOf(cyclic, run, options), run).flatMap(({ reset }, index) =>
        reset.length > 0 ? [index] : [],
      );
    expect(at({ resetAfter: { updates: 1 } })).toEqual([6, 12, 16, 17]);
    expect(at({ resetAfter: null })).toEqual([]);
  });

  test('turns in updates, another cycle, no joint end', () => {
    const run = runOf('trirep', 7);
    const schedule = planOf(cyclic, run, { cycle: ['U', 'C'], length: { updates: 2 }, joint: { share: 0 } });
    expect(phasesOf(schedule, run)).toBe('U U C C U U C');
    expect(schedule.notes).toEqual([expect.stringContaining('no turn of its own to V')]);
  });

  test('derives the cycle from the blocks that there are, and says so', () => {
    const cycleOf = (network: Parameters<typeof runOf>[0]) => {
      const run = runOf(network, 12, 1);
      return planOf(cyclic, run, { joint: { updates: 0 } });
    };
    expect(phasesOf(cycleOf('fnlWide'), runOf('fnlWide', 4))).toBe('U V U V');
    expect(cycleOf('fnlWide').notes[0]).toContain('The cycle is U, V');
    expect(phasesOf(cycleOf('oneFrame'), runOf('oneFrame', 6))).toBe('C C frame C C frame');
    expect(phasesOf(cycleOf('repvgg'), runOf('repvgg', 3))).toBe('C C C');
    expect(phasesOf(cycleOf('plain'), runOf('plain', 3))).toBe('joint joint joint');
    expect(cycleOf('plain').notes).toContainEqual(expect.stringContaining('The cycle is empty'));
  });

  test('a run too short for the cycle says who gets no turn', () => {
    expect(planOf(cyclic, runOf('trirep', 8, 2)).notes).toEqual([
      expect.stringContaining('no turn of its own to V'),
    ]);
  });

  test('refuses a block that the network does not have', () => {
    expect(() => planOf(cyclic, runOf('repvgg'), { cycle: ['C', 'U'] })).toThrow(
      expect.objectContaining({ code: 'invalid-options', message: expect.stringContaining('"U"') }),
    );
  });
});

describe('progressive', () => {
  test('plain for 30 %, expanded to 85 %, then collapsed', () => {
    const run = runOf('trirep', 20);
    const schedule = planOf(progressive, run);
    expect(schedule.stages).toEqual([
      { stage: 'plain', from: 0 },
      { stage: 'expanded', from: 6 },
      { stage: 'collapsed', from: 17 },
    ]);
    expect(phasesOf(schedule, run)).toBe(
      [...Array(6).fill('plain'), ...Array(11).fill('expanded'), ...Array(3).fill('collapsed')].join(' '),
    );
    expect(movedBy(schedule, 'plain', run)).toEqual([]);
    expect(movedBy(schedule, 'expanded', run)).toEqual(['core', 'frame/U', 'frame/V', 'branch', 'scale']);
    expect(schedule.notes).toEqual([expect.stringContaining('update 6 (epoch 3, 30 % of the run)')]);
  });

  test('boundaries in epochs and updates; a stage of no length is left out', () => {
    const run = runOf('trirep', 20, 2);
    const schedule = planOf(progressive, run, { expandAt: { updates: 0 }, collapseAt: { epochs: 7 } });
    expect(schedule.stages).toEqual([
      { stage: 'expanded', from: 0 },
      { stage: 'collapsed', from: 14 },
    ]);
    const whole = planOf(progressive, run, { expandAt: { updates: 0 }, collapseAt: { share: 1 } });
    expect(whole.stages).toEqual([{ stage: 'expanded', from: 0 }]);
    expect(whole.notes).toEqual([]);
  });

  test('expanded from the start, tau is 0 until it grows to 1 at the collapse', () => {
    const run = runOf('trirep', 20);
    const schedule = planOf(progressive, run, { begin: 'expanded' });
    expect(schedule.stages).toEqual([
      { stage: 'expanded', from: 0 },
      { stage: 'collapsed', from: 17 },
    ]);
    const taus = Array.from({ length: 17 }, (_, index) => schedule.at(index).values!.tau!);
    expect(taus.slice(0, 6)).toEqual(Array(6).fill(0));
    // The same as where the network is plain until then.
    const usual = planOf(progressive, run);
    expect(taus.slice(6)).toEqual(Array.from({ length: 11 }, (_, index) => usual.at(6 + index).values!.tau!));
    expect(taus[16]).toBe(1);
    expect(schedule.at(17).values).toBeUndefined();
  });

  test('refuses boundaries that leave nothing expanded', () => {
    for (const options of [
      { expandAt: { share: 0.9 } },
      { expandAt: { epochs: 30 }, collapseAt: { epochs: 40 } },
      { expandAt: { updates: 5 }, collapseAt: { updates: 5 } },
    ]) {
      expect(() => planOf(progressive, runOf('trirep'), options)).toThrow(
        expect.objectContaining({ code: 'invalid-options', message: expect.stringContaining('expandAt') }),
      );
    }
  });
});
