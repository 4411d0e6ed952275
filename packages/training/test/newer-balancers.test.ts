import {
  crMogm,
  fairgrad,
  go4align,
  graddrop,
  imtlL,
  modo,
  normEqualise,
  sdmgrad,
  stch,
} from '@overparam/balancers';
import { trirep } from '@overparam/method-new';
import { deeplabHead } from '@overparam/mtl-heads';
import type { Balancer } from '@overparam/plugin';
import { repMtl } from '@overparam/regularisers';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import {
  disposeTrained,
  type Progress,
  planTraining,
  type RecipeOptions,
  TrainingLoop,
  variablesOf,
  withOptions,
} from '../src/index';
import { engines } from './support/engines';
import { finish, openRun } from './support/runs';
import { type Setup, tinyScenes, tinyTwoTasks } from './support/setups';
import { valuesOf } from './support/values';

const short = { limit: { train: 32, test: 4 }, epochs: 1, batch: 8 };

/** Each asks the loop for something of its own. */
const asked: readonly (readonly [string, Partial<RecipeOptions>])[] = [
  ['modo: two batches', { balancer: withOptions(modo, { gamma: 0.1 }) }],
  ['sdmgrad with a core for each task: two batches', { balancer: sdmgrad, method: trirep }],
  ['graddrop: elements of parameters', { balancer: graddrop }],
  ["graddrop: elements of the trunk's output", { balancer: graddrop, gradients: 'representation' }],
  ['graddrop with a core for each task', { balancer: graddrop, method: trirep, gradients: 'representation' }],
  ['rep-mtl', { regulariser: repMtl }],
  [
    'rep-mtl with a core for each task and a balancer',
    { regulariser: withOptions(repMtl, { temperature: 0.5 }), method: trirep, balancer: normEqualise },
  ],
  ['cr-mogm of gradvac: its state', { balancer: withOptions(crMogm, { of: 'gradvac' }) }],
  ['cr-mogm of db-mtl: averages', { balancer: withOptions(crMogm, { of: { name: 'db-mtl', beta: 0.5 } }) }],
];

async function lossesOf(setup: Setup, engine: 'cpu' | 'tensorflow' | 'wasm'): Promise<number[]> {
  const losses: number[] = [];
  await finish(await openRun(setup, engine), () => ({ onUpdate: ({ loss }) => void losses.push(loss) }));
  return losses;
}

describe.each(engines)('on %s', (engine) => {
  test.each(asked)(
    '%s, and it goes on bit for bit from a state that went through JSON',
    async (_, changes) => {
      const setup: Setup = { ...tinyTwoTasks, ...short, ...changes };
      let whole = new Map<string, string>();
      const { balancer } = await finish(await openRun(setup, engine), (loop) => ({
        onUpdate: () => {
          whole = valuesOf(loop.trained);
        },
      }));

      const { plan, state } = await openRun(setup, engine);
      const stopping = new AbortController();
      let half: Progress | null = null;
      const first = new TrainingLoop(
        plan,
        state,
        {
          onUpdate: ({ update }) => {
            if (update === 2) stopping.abort();
          },
          onStop: async (progress) => {
            half = JSON.parse(JSON.stringify(progress)) as Progress;
          },
        },
        stopping.signal,
      );
      await expect(first.run()).rejects.toMatchObject({ code: 'interrupted' });
      const saved = new Map(
        [...variablesOf(first.trained)].map(([name, variable]) => [name, variable.clone()]),
      );
      first.dispose();
      disposeTrained(first.trained);
      await plan.dataset.close();

      const again = await openRun(setup, engine);
      for (const [name, variable] of variablesOf(again.state.trained)) variable.assign(saved.get(name)!);
      tf.dispose([...saved.values()]);
      let ended = new Map<string, string>();
      const resumed = await finish(
        { plan: again.plan, state: { trained: again.state.trained, progress: half! } },
        (loop) => ({
          onUpdate: () => {
            ended = valuesOf(loop.trained);
          },
        }),
      );
      expect(resumed.balancer).toEqual(balancer);
      expect(ended).toEqual(whole);
    },
  );
});

test('engines agree on what each balancer does', async () => {
  for (const [name, changes] of asked) {
    const setup: Setup = { ...tinyTwoTasks, ...short, ...changes };
    const all: number[][] = [];
    for (const engine of engines) all.push(await lossesOf(setup, engine));
    const [first, ...others] = all;
    for (const losses of others) {
      losses.forEach((loss, update) => {
        expect(Math.abs(loss / first![update]! - 1), `${name}, update ${update}`).toBeLessThan(1e-3);
      });
    }
  }
});

test('the second batch is drawn from the same images in an order of its own, and a single batch is refused', async () => {
  const { plan, state } = await openRun({ ...tinyScenes, balancer: modo, limit: { train: 6, test: 3 } });
  try {
    const images = async (read: (index: number) => Promise<tf.NamedTensorMap>) => {
      const found: string[] = [];
      for (let index = 0; index < plan.batches.perEpoch; index++) {
        const batch = await read(index);
        found.push(...tf.unstack(batch['label/depth']!).map((image) => image.dataSync().join()));
        tf.dispose(batch);
      }
      return found;
    };
    const changed = planTraining({ ...plan.recipe, augment: false }, plan.dataset).batches;
    const [own, others] = [await images(changed.read), await images(changed.readSecond)];
    expect(others).not.toEqual(own);
    expect([...others].sort()).toEqual([...own].sort());
    const oneBatch = { ...plan.recipe, batch: 4 };
    for (const balancer of [modo, sdmgrad, crMogm] as Balancer[]) {
      const given = balancer.name === 'cr-mogm' ? { of: 'modo' } : {};
      expect(() =>
        planTraining({ ...oneBatch, balancer: withOptions(balancer, given) }, plan.dataset),
      ).toThrow(
        expect.objectContaining({
          code: 'unsupported-balancer',
          message: expect.stringMatching(
            /two batches.*batch: 4 the 6 training images make a single one.*at most 3/,
          ),
        }),
      );
    }
  } finally {
    disposeTrained(state.trained);
    await plan.dataset.close();
  }
});

test('a balancer that needs no task gradients pays for none', async () => {
  const { plan, state } = await openRun(tinyScenes);
  disposeTrained(state.trained);
  await plan.dataset.close();
  for (const [balancer, before] of [
    [imtlL, 'nothing'],
    [graddrop, 'nothing'],
    [stch, 'losses'],
    [go4align, 'losses'],
    [fairgrad, 'gramian'],
    [normEqualise, 'gramian'],
  ] as const) {
    const recipe = { ...plan.recipe, balancer: withOptions(balancer as Balancer) };
    expect(planTraining(recipe, plan.dataset).balancing!.needs.before, balancer.name).toBe(before);
  }
});

test('updates with a second batch, and by element, leave no tensor behind', async () => {
  for (const changes of asked.slice(0, 6)) {
    const counts: number[] = [];
    const setup: Setup = { ...tinyTwoTasks, ...short, ...changes[1] };
    await finish(await openRun(setup), () => ({ onUpdate: () => void counts.push(tf.memory().numTensors) }));
    expect(counts[1], changes[0]).toBe(counts[2]);
  }
});

test.each([
  ['of the backbone', {}],
  [
    'of DeepLab, which are dilated and resized',
    { head: () => deeplabHead({ filters: 8, rates: [2, 4, 6] }) },
  ],
])('rep-mtl takes heads %s', async (_, changes) => {
  const setup = { ...tinyScenes, limit: { train: 4, test: 2 }, epochs: 1, regulariser: repMtl, ...changes };
  const { history } = await finish(await openRun(setup as Setup));
  expect(Number.isFinite(history[0]!.train.loss)).toBe(true);
});
