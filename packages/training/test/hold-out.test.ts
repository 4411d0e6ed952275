import { keyFromSeed } from '@overparam/engine';
import type { OpenDataset } from '@overparam/plugin';
import { describe, expect, test } from 'vitest';
import { evaluationBatches, trainingBatches } from '../src/batches';
import { holdOut } from '../src/index';

interface Example {
  readonly index: number;
  readonly label: number;
  readonly augmented?: boolean;
}

/** Examples whose one pixel is their index; the test split must not be touched. */
function datasetOf(labels: readonly number[], options: { dense?: boolean; threads?: boolean } = {}) {
  const asked: string[] = [];
  const poisoned = (): never => {
    throw new Error('The test split was read.');
  };
  const dataset: OpenDataset<Example> = {
    inputShape: [1, 1, 1],
    tasks: [
      {
        name: 'class',
        kind: 'classification',
        outputs: 9,
        label: { shape: options.dense ? [1, 1] : [], dtype: 'int32' },
      },
    ],
    normalisation: { mean: [0], std: [1] },
    splits: {
      train: { size: labels.length, example: (index) => ({ index, label: labels[index]! }) },
      test: {
        get size(): number {
          return poisoned();
        },
        example: poisoned,
      },
      val: { size: 1, example: () => ({ index: 1000, label: 0 }) },
    },
    provenance: 'numbers',
    augment: (example) => ({ ...example, augmented: true }),
    ...(options.threads && {
      async prepare(split, wanted) {
        asked.push(split);
        return wanted.map(({ index, key }) => ({ index, label: labels[index]!, augmented: key !== null }));
      },
    }),
    input: ({ index, augmented }, target, offset) => {
      target[offset] = augmented ? -index - 1 : index;
    },
    label: ({ label }, _task, target, offset) => {
      target[offset] = label;
    },
    close: () => void asked.push('closed'),
  };
  return { dataset: dataset as OpenDataset, asked };
}

async function indicesIn(dataset: OpenDataset, split: string): Promise<number[]> {
  const { size } = dataset.splits[split]!;
  const found: number[] = [];
  for await (const { tensors } of evaluationBatches(dataset, { split, size, batch: 7 })) {
    found.push(...tensors.x!.dataSync());
    for (const tensor of Object.values(tensors)) tensor.dispose();
  }
  return found;
}

const cyclic = (count: number, classes: number) => Array.from({ length: count }, (_, at) => at % classes);

describe('a share of the training split held out', () => {
  test('both parts together are the split, in its order, and the test split is never touched', async () => {
    const held = await holdOut(datasetOf(cyclic(40, 4)).dataset, { share: 0.25, seed: 3 });
    const [train, validation] = [await indicesIn(held, 'train'), await indicesIn(held, 'test')];
    expect(validation).toHaveLength(10);
    expect([...train, ...validation].sort((a, b) => a - b)).toEqual(cyclic(40, 40));
    for (const part of [train, validation]) expect(part).toEqual(part.toSorted((a, b) => a - b));
    expect(held.provenance).toContain('10 of 40 training images held out for validation by seed 3');
    expect(held.splits.val!.size).toBe(1);
    expect(held.normalisation).toEqual({ mean: [0], std: [1] });
  });

  test('every class gives its share, to one image', async () => {
    const labels = [...Array(30).fill(0), ...Array(14).fill(1), ...Array(6).fill(2)] as number[];
    const held = await holdOut(datasetOf(labels).dataset, { share: 0.2, seed: 0 });
    const counts = [0, 0, 0];
    for (const index of await indicesIn(held, 'test')) counts[labels[index]!]! += 1;
    // 6, 2.8 and 1.2 of 10: the second lost most by rounding down.
    expect(counts).toEqual([6, 3, 1]);
  });

  test('seed and limit decide which images they are; a task of pixels draws from all', async () => {
    const { dataset } = datasetOf(cyclic(40, 4));
    const held = async (seed: number, limit?: number) =>
      indicesIn(await holdOut(dataset, { share: 0.2, seed, limit }), 'test');
    expect(await held(1)).toEqual(await held(1));
    expect(await held(1)).not.toEqual(await held(2));
    const limited = await held(1, 20);
    expect(limited).toHaveLength(4);
    expect(Math.max(...limited)).toBeLessThan(20);
    const dense = await holdOut(datasetOf(cyclic(40, 4), { dense: true }).dataset, { share: 0.2, seed: 1 });
    expect(dense.splits.test!.size).toBe(8);
  });

  test('training images are augmented, validation images are not, on threads too', async () => {
    for (const threads of [false, true]) {
      const { dataset, asked } = datasetOf(cyclic(12, 3), { threads });
      const held = await holdOut(dataset, { share: 0.25, seed: 0 });
      const batches = trainingBatches(held, { key: keyFromSeed(1), batch: 9 });
      const { x } = await batches.read(0);
      const seen = [...x!.dataSync()].map((value) => -value - 1).sort((a, b) => a - b);
      const validation = await indicesIn(held, 'test');
      expect([...seen, ...validation].sort((a, b) => a - b)).toEqual(cyclic(12, 12));
      expect(new Set(asked)).toEqual(new Set(threads ? ['train'] : []));
      await held.close();
      expect(asked.at(-1)).toBe('closed');
    }
  });

  test('parts without an image are refused', async () => {
    const { dataset } = datasetOf(cyclic(4, 2));
    for (const share of [0.1, 0.9, 0, 1, 1.5, Number.NaN]) {
      await expect(holdOut(dataset, { share, seed: 0 })).rejects.toMatchObject({ code: 'validation-split' });
    }
  });
});
