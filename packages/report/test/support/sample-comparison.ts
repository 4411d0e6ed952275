import { deltaM } from '@overparam/mtl-heads';
import type { Obtained, RowRecord, SeedRun } from '../../src';
import { figureOf, rowRecord, scores, seedRun } from './records';

/** Repeatable scatter in [0, 1), good enough for made-up curves. */
function scatter(seed: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => {
    const value = Math.sin((seed + 1) * 12.9898 + index * 78.233) * 43_758.5453;
    return value - Math.floor(value);
  });
}

/** Method, routine, label, offset of the error in points, parameters in training. */
const specifications = [
  ['plain', 'joint', 'Baseline', 0, 77_850],
  ['fnl', 'joint', 'FNL', -2.4, 361_290],
  ['repvgg', 'joint', 'RepVGG', 1.6, 88_090],
  ['trirep', 'joint', 'TriRep joint', -1.1, 141_578],
  ['trirep', 'alternating', 'TriRep alternating', 0.2, 141_578],
  ['trirep', 'cyclic', 'TriRep cyclic', 3.1, 141_578],
  ['trirep', 'progressive', 'TriRep progressive', -3.5, 141_578],
] as const;

/** The figures of a classification with one error that matters. */
export const topError = figureOf('class', 'top1Error', '%', 'lower', { title: 'top-1 error', digits: 2 });

function curve(error: number, epochs: number, noise: readonly number[]): SeedRun['curve'] {
  return Array.from({ length: epochs }, (_, index) => {
    const decay = Math.exp((-3 * (index + 1)) / epochs);
    const loss = 0.9 + 1.4 * decay + 0.05 * (noise[index] ?? 0);
    return {
      epoch: index + 1,
      update: 39 * (index + 1),
      stage: 'expanded',
      phases: { all: 39 },
      learningRate: 0.1,
      train: { loss, byTask: { class: { loss, figures: {} } } },
      test: scores(
        { class: { top1Error: error + 40 * decay + 3 * (noise[index] ?? 0) * decay } },
        loss + 0.2,
      ),
    };
  });
}

/** How a made-up comparison was obtained. */
export function sampleObtained(seeds: number): Obtained {
  const { name, direction, formula, usedBy } = deltaM;
  return {
    title: 'Poster, small form',
    seeds: Array.from({ length: seeds }, (_, seed) => String(seed)),
    recipe: 'sgd with Nesterov momentum, peak rate 0.1 (cosine), weight decay 0.0005, augmented',
    recipeDifferences: [],
    backbone: 'resnet (depth 8)',
    dataset: 'cifar100-sample',
    provenance: '10 of the 100 classes of CIFAR-100 (Krizhevsky 2009)',
    testImages: 500,
    metrics: [topError],
    improvement: { name, direction, formula, usedBy },
    classNames: { class: ['apple', 'boat', 'cat', 'dog', 'elm', 'fox', 'goat', 'hut', 'ibis', 'jar'] },
    engine: 'wasm, 1 thread',
    projection: null,
    runsAtOnce: 2,
    cores: 2,
  };
}

/** A made-up comparison of the poster's seven rows, of one task. */
export function sampleComparison(seeds: number, epochs = 12): { records: RowRecord[]; obtained: Obtained } {
  const records = specifications.map(([method, routine, label, offset, trainParameters], row): RowRecord => {
    const runs = Array.from({ length: seeds }, (_, seed) => {
      const noise = scatter(seed * 100 + row, epochs + 1);
      const common = 4 * (scatter(seed + 9_000, 1)[0] ?? 0);
      const top1Error = 45 + offset + common + (noise[epochs] ?? 0);
      return seedRun(
        String(seed),
        { class: { top1Error } },
        {
          trainParameters,
          deployParameters: 77_434,
          deployMultiplyAdds: 12_500_000,
          secondsPerEpoch: 2.1 + row / 3,
          collapseGap: 1e-7 * (row + 1),
          curve: curve(top1Error - 2, epochs, noise),
          stages:
            routine === 'progressive'
              ? [
                  { stage: 'plain', epoch: 0 },
                  { stage: 'expanded', epoch: 0.3 * epochs },
                  { stage: 'collapsed', epoch: 0.85 * epochs },
                ]
              : [{ stage: 'expanded', epoch: 0 }],
          layers: ['stem', 'block1_conv1', 'block1_conv2'].map((layer, index) => ({
            layer,
            method,
            gap: 1e-7 * (index + 1) * (row + 1),
          })),
        },
      );
    });
    const effort = { epochs, batch: 64, updates: epochs * 39, trainImages: 2500 };
    return rowRecord(label, method, runs, { routine, ...effort });
  });
  return { records, obtained: sampleObtained(seeds) };
}
