import type { Figure } from '@overparam/training';
import type { ByFigure, Obtained, RowRecord, SeedRun } from '../../src';
import { figureOf, rowRecord, scores, seedRun } from './records';
import { sampleObtained } from './sample-comparison';

const metrics = [
  figureOf('segmentation', 'mIoU', '%', 'higher'),
  figureOf('depth', 'absoluteError', 'm', 'lower', { title: 'abs err' }),
  figureOf('normals', 'meanAngle', '°', 'lower', { title: 'mean' }),
];

/** A run with given figures, losses, weights and a cosine; it cost as much as it deploys networks. */
export function taskRun(seed: string, figures: ByFigure<Figure>, networks = 1): SeedRun {
  const [first = 'segmentation', second] = Object.keys(figures);
  const trained = (loss: number) => ({ loss, figures: {}, ...(second && { weight: 0.5 }) });
  return seedRun(seed, figures, {
    details: {
      [first]: {
        // JSON's null for a class that is nowhere.
        classIoU: [40, null as unknown as number],
        confusionMatrix: [
          [3, 1],
          [0, 0],
        ],
      },
    },
    trainParameters: 1000 * networks,
    deployParameters: 800 * networks,
    deployMultiplyAdds: 2_000_000 * networks,
    deployNetworks: networks,
    secondsPerEpoch: 2 * networks,
    curve: [1, 2].map((epoch) => ({
      epoch,
      update: 6 * epoch,
      stage: 'expanded',
      phases: { all: 6 },
      learningRate: 1e-3,
      train: {
        loss: 3 / epoch,
        byTask: { [first]: trained(2 / epoch), ...(second && { [second]: trained(1 / epoch) }) },
        ...(second && { cosines: { [`${first}/${second}`]: 0.1 * epoch } }),
      },
      test: scores(figures, 3 / epoch),
    })),
  });
}

/** A made-up comparison of three tasks: a baseline, TriRep with one network and with three, and single-task networks. */
export function sampleTasks(seeds: number): { records: RowRecord[]; obtained: Obtained } {
  const all = Array.from({ length: seeds }, (_, seed) => seed);
  const runs = (mIoU: number, absoluteError: number, meanAngle: number, networks = 1) =>
    all.map((seed) =>
      taskRun(
        String(seed),
        { segmentation: { mIoU: mIoU + 2 * seed }, depth: { absoluteError }, normals: { meanAngle } },
        networks,
      ),
    );
  const single = (task: string, figure: string, value: number) =>
    rowRecord(
      `Single task: ${task}`,
      'plain',
      all.map((seed) => ({
        ...taskRun(String(seed), { [task]: { [figure]: value + (task === 'segmentation' ? 2 * seed : 0) } }),
        details: {},
      })),
      { kind: 'reference' },
    );
  return {
    records: [
      rowRecord('Baseline', 'plain', runs(40, 0.5, 30)),
      rowRecord('TriRep routed', 'trirep', runs(44, 0.45, 27)),
      rowRecord('TriRep perTask', 'trirep', runs(50, 0.5, 30, 3)),
      single('segmentation', 'mIoU', 40),
      single('depth', 'absoluteError', 0.5),
      single('normals', 'meanAngle', 30),
    ],
    obtained: {
      ...sampleObtained(seeds),
      title: 'Three tasks',
      dataset: 'nyuv2-sample',
      metrics,
      classNames: { segmentation: ['bed', 'books'] },
    },
  };
}
