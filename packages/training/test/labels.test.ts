import { nashMtl } from '@overparam/balancers';
import { trirep } from '@overparam/method-new';
import { alternating } from '@overparam/routines';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { nonFiniteError } from '../src/diagnose';
import { createEvaluator, planTraining, withOptions } from '../src/index';
import { PhaseSteps } from '../src/phase-steps';
import { engines } from './support/engines';
import { closeRun, type OpenRun, openRun, relabelled } from './support/runs';
import { type Setup, tiny, tinyScenes } from './support/setups';

/** Valid labels of a batch, counted from its numbers: a class from 0 on, a depth above 0, a direction that is not 0. */
function countByHand(batch: tf.NamedTensorMap): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [name, tensor] of Object.entries(batch)) {
    const [kind, task] = name.split('/');
    if (kind !== 'label') continue;
    const values = [...tensor.dataSync()];
    if (task === 'depth') counts[task] = values.filter((value) => value > 0).length;
    else if (task === 'normals') {
      const pixels = Array.from({ length: values.length / 3 }, (_, at) => values.slice(3 * at, 3 * at + 3));
      counts[task] = pixels.filter((pixel) => pixel.some((value) => value !== 0)).length;
    } else counts[task!] = values.filter((value) => value >= 0).length;
  }
  return counts;
}

/** Runs each phase on a batch, and compares what it counts. */
async function expectCounts(run: OpenRun, phases: number): Promise<Record<string, number>> {
  const { plan, state } = run;
  const { tasks, balancing, recipe, schedule } = plan;
  const penalty = recipe.weightDecay.coefficient;
  const steps = new PhaseSteps({
    trained: state.trained,
    tasks,
    balancing,
    key: recipe.key,
    penalty,
    precision: 'float32',
    parameterGroups: [],
    clip: null,
    averaging: null,
    recompute: 'none',
  });
  const batch = await plan.batches.read(0);
  const expected = countByHand(batch);
  expect(schedule.phases).toHaveLength(phases);
  for (const phase of schedule.phases) {
    const { labels, losses } = await steps.run(phase, batch, { update: 0, epoch: 0, rate: 1e-3 }, null);
    // Of every task, also of those that the phase does not follow.
    expect(Object.fromEntries(tasks.map(({ name }, index) => [name, labels[index]])), phase.name).toEqual(
      expected,
    );
    expect(Object.keys(losses)).toEqual(
      phase.loss === 'balanced' ? tasks.map(({ name }) => name) : [phase.loss.task],
    );
  }
  steps.dispose();
  for (const tensor of Object.values(batch)) tensor.dispose();
  await closeRun(run);
  return expected;
}

/** Takes some of the labels away: the first `share` of each of them. */
const without =
  (missing: Readonly<Record<string, readonly [value: number, share: number]>>) =>
  (task: string, target: Float32Array | Int32Array, offset: number) => {
    const [value, share] = missing[task] ?? [0, 0];
    if (share > 0) target.fill(value, offset, offset + Math.ceil((target.length - offset) * share));
  };

describe.each(engines)('labels counted inside a step are those counted by hand, on %s', (engine) => {
  test('for a single task, some of whose labels are missing', async () => {
    const run = await openRun(tiny, engine);
    let read = 0;
    const changed = relabelled(run, (_, target, offset) => {
      if (read++ % 3 === 0) target[offset] = -1;
    });
    expect(await expectCounts(changed, 1)).toEqual({ class: 5 });
  });

  const scenes: Setup = { ...tinyScenes, balancer: nashMtl };
  const missing = without({ segmentation: [-1, 0.3], depth: [0, 0.6], normals: [0, 1] });

  test('for the balanced sum, one task missing altogether', async () => {
    const counts = await expectCounts(relabelled(await openRun(scenes, engine), missing), 1);
    expect(counts.normals).toBe(0);
    expect(counts.segmentation).toBeGreaterThan(counts.depth!);
    expect(counts.depth).toBeGreaterThan(0);
  });

  test('for phases that follow one task, and the shared one', async () => {
    const run = await openRun(
      { ...scenes, method: withOptions(trirep, { frames: 'channel' }), routine: alternating },
      engine,
    );
    const counts = await expectCounts(relabelled(run, missing), 4);
    expect(counts.normals).toBe(0);
  });
});

describe('labels that are no class', () => {
  /** A run whose every third label is `value`. */
  const wrongBy = async (value: number) => {
    let read = 0;
    return relabelled(await openRun(tiny), (_, target, offset) => {
      if (read++ % 3 === 2) target[offset] = value;
    });
  };

  test.each([100, -2, 1e9])('%i is refused when a batch is read, by example and range', async (value) => {
    const run = await wrongBy(value);
    await expect(run.plan.batches.read(0)).rejects.toMatchObject({
      code: 'label-out-of-range',
      message: expect.stringMatching(
        new RegExp(
          `^Example \\d+ of the split "train": the label of task "class" is ${value}, and its \\d+ classes`,
        ),
      ),
    });
    await closeRun(run);
  });

  test('a missing one is right', async () => {
    const run = await wrongBy(-1);
    tf.dispose(await run.plan.batches.read(0));
    await closeRun(run);
  });

  test('in a step of an own loop they are told from a rate that is too high', async () => {
    const run = await openRun(tiny);
    const { plan, state } = run;
    const batch = await plan.batches.read(0);
    const [phase] = plan.schedule.phases;
    const labels = batch['label/class']!;
    const wrong = { ...batch, 'label/class': tf.fill(labels.shape, 100_000, 'int32') };
    const parts = {
      phase: phase!,
      ...state.trained,
      tasks: plan.tasks,
      penalty: 0,
      weighing: 'sum' as const,
    };
    const at = { update: 0, epoch: 0, rate: 1 };
    expect(nonFiniteError(parts, wrong, at)).toMatchObject({ code: 'label-out-of-range' });
    expect(nonFiniteError(parts, batch, at)).toMatchObject({ code: 'non-finite' });
    tf.dispose([batch, wrong]);
    await closeRun(run);
  });
});

describe('splits that are not there', () => {
  test.each(['train', 'test'])('without "%s" no run is planned', async (missing) => {
    const { plan, ...run } = await openRun(tiny);
    const { [missing]: _, ...splits } = plan.dataset.splits;
    expect(() => planTraining(plan.recipe, { ...plan.dataset, splits })).toThrow(
      expect.objectContaining({ code: 'missing-split' }),
    );
    await closeRun({ plan, ...run });
  });

  test('nothing is evaluated on a split that there is not', async () => {
    const run = await openRun(tiny);
    const { plan, state } = run;
    const evaluate = () =>
      createEvaluator(state.trained.network.model, plan.tasks, plan.dataset, { split: 'val', batch: 2 });
    expect(evaluate).toThrow(expect.objectContaining({ code: 'missing-split' }));
    await closeRun(run);
  });
});
