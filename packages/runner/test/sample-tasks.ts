import { angleMetrics, classification, depthMetrics, segmentationMetrics } from '@overparam/mtl-heads';
import type { FigureSpec, Obtained, Records, RowRecord, SeedRun } from '../src/compare/record';
import { sampleComparison } from './sample-comparison';

const ownMetrics = [
  ...segmentationMetrics,
  ...depthMetrics,
  ...angleMetrics,
  ...classification({ name: 'class', classes: 10 }).metrics,
];

/** A figure of a task; with title and digits where it is one of this repository's own. */
export function figureOf(
  task: string,
  name: string,
  unit: string,
  direction: FigureSpec['direction'],
): FigureSpec {
  const own = ownMetrics.find((metric) => metric.name === name && metric.unit === unit);
  return { ...own, task, name, figure: `${task}/${name}`, unit, direction };
}

const metrics = [
  figureOf('segmentation', 'mIoU', '%', 'higher'),
  figureOf('depth', 'absoluteError', 'm', 'lower'),
  figureOf('normals', 'meanAngle', '°', 'lower'),
];

/** A run with given figures; it cost as much as it deploys networks. */
export function taskRun(seed: string, figures: Readonly<Record<string, number>>, networks = 1): SeedRun {
  const [segmentation = 'segmentation', second = 'depth'] = Object.keys(figures).map(
    (figure) => figure.split('/')[0]!,
  );
  return {
    seed,
    top1Error: null,
    figures,
    choices: { last: figures, meanOfLast: figures, best: null },
    epochsOfMean: 2,
    classes: [
      {
        task: segmentation,
        classIoU: [40, null],
        confusionMatrix: [
          [3, 1],
          [0, 0],
        ],
      },
    ],
    trainParameters: 1000 * networks,
    deployParameters: 800 * networks,
    deployMultiplyAdds: 2_000_000 * networks,
    deployNetworks: networks,
    secondsPerEpoch: 2 * networks,
    collapseGap: 1e-7,
    curve: [1, 2].map((epoch) => ({
      epoch,
      trainLoss: 3 / epoch,
      testError: null,
      trainLosses: { [segmentation]: 2 / epoch, [second]: 1 / epoch },
      weights: { [segmentation]: 0.5, [second]: 0.5 },
      cosines: { [`${segmentation}/${second}`]: 0.1 * epoch },
      figures,
    })),
    stages: [{ stage: 'expanded', epoch: 0 }],
    layers: [{ layer: 'stem', method: 'trirep', gap: 1e-7 }],
  };
}

/** A row with a run for each seed. */
export function taskRow(label: string, method: string, runs: readonly SeedRun[]): RowRecord {
  return { label, method, routine: 'joint', runs, failures: [] };
}

/** A made-up comparison of three tasks: a baseline, TriRep with one network and with three, and single-task networks. */
export function sampleTasks(seeds: number): { records: Records; obtained: Obtained } {
  const runs = (mIoU: number, absoluteError: number, meanAngle: number, networks = 1) =>
    Array.from({ length: seeds }, (_, seed) =>
      taskRun(
        String(seed),
        {
          'segmentation/mIoU': mIoU + 2 * seed,
          'depth/absoluteError': absoluteError,
          'normals/meanAngle': meanAngle,
        },
        networks,
      ),
    );
  const single = (task: string, figure: string, value: number) =>
    taskRow(
      `Single task: ${task}`,
      'plain',
      Array.from({ length: seeds }, (_, seed) => ({
        ...taskRun(String(seed), { [figure]: value + (task === 'segmentation' ? 2 * seed : 0) }),
        classes: [],
      })),
    );
  return {
    records: {
      rows: [
        taskRow('Baseline', 'plain', runs(40, 0.5, 30)),
        taskRow('TriRep routed', 'trirep', runs(44, 0.45, 27)),
        taskRow('TriRep perTask', 'trirep', runs(50, 0.5, 30, 3)),
      ],
      references: [
        single('segmentation', 'segmentation/mIoU', 40),
        single('depth', 'depth/absoluteError', 0.5),
        single('normals', 'normals/meanAngle', 30),
      ],
    },
    obtained: {
      ...sampleComparison(seeds, 2).obtained,
      title: 'Three tasks',
      metrics,
      classNames: { segmentation: ['bed', 'books'] },
    },
  };
}
