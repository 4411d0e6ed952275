import type { EpochRecord } from '@overparam/training';
import { describe, expect, test } from 'vitest';
import { collectRun, type RunRecord, type RunResult, summarise } from '../../src';
import { figureOf, rowRecord, scores } from '../support/records';

/** A plugin's figures of any names, those of our own fields among them. */
const figures = { class: { loss: 30, epoch: 31, top1Error: 32, details: null } };
const metrics = Object.keys(figures.class).map((name) => figureOf('class', name, '', 'lower'));

function epochRecord(epoch: number): EpochRecord {
  return {
    epoch,
    update: 5 * epoch,
    stage: epoch === 1 ? 'plain' : 'expanded',
    phases: { all: 5 },
    learningRate: 0.1,
    train: { loss: 2 / epoch, byTask: { class: { loss: 2 / epoch, figures: {} } } },
    test: scores(figures, 2),
    details: { class: { confusionMatrix: [[epoch]] } },
  };
}

const result: RunResult = {
  label: 'Row',
  method: 'fnl',
  routine: 'joint',
  seed: 4,
  epochs: 2,
  batch: 8,
  updates: 10,
  metrics,
  final: scores(figures),
  collapsed: scores(figures),
  choices: {
    last: scores(figures),
    meanOfLast: { epochs: 2, scores: scores(figures) },
    best: { epoch: 1, scores: scores(figures) },
  },
  collapseGap: 2e-7,
  collapseTolerance: 1e-4,
  layers: [{ layer: 'stem', method: 'fnl', gap: 1e-7 }],
  stages: [
    { stage: 'plain', from: 0 },
    { stage: 'expanded', from: 3 },
  ],
  trainParameters: 200,
  deployParameters: 100,
  deployMultiplyAdds: 1000,
  deployNetworks: 1,
};

const run: RunRecord = {
  metrics: [epochRecord(1), epochRecord(2)],
  timings: [1, 2].map((epoch) => ({ epoch, trainSeconds: epoch, testSeconds: 0.1 })),
  result,
};

describe('collecting a run', () => {
  test('gives its figures, curve, costs and stages by epoch', () => {
    const collected = collectRun(run, '4');
    expect(collected).toMatchObject({
      seed: '4',
      choices: result.choices,
      secondsPerEpoch: 1.5,
      trainParameters: 200,
      deployParameters: 100,
      deployMultiplyAdds: 1000,
      deployNetworks: 1,
      collapseGap: 2e-7,
      layers: [{ layer: 'stem', method: 'fnl', gap: 1e-7 }],
      curve: [
        { epoch: 1, train: { loss: 2 } },
        { epoch: 2, train: { loss: 1 } },
      ],
      stages: [
        { stage: 'plain', epoch: 0 },
        { stage: 'expanded', epoch: 0.6 },
      ],
    });
    expect(collectRun({ ...run, timings: [] }, '4').secondsPerEpoch).toBeNull();
  });

  test('keeps what lies behind the figures of the last epoch alone', () => {
    const { details, curve } = collectRun(run, '4');
    expect(details).toEqual({ class: { confusionMatrix: [[2]] } });
    expect(curve.every((epoch) => !('details' in epoch))).toBe(true);
    const { details: _, ...without } = epochRecord(1);
    expect(collectRun({ ...run, metrics: [without] }, '4').details).toEqual({});
  });

  test('metrics that are called as our own fields overwrite nothing', () => {
    const row = rowRecord('Row', 'fnl', [collectRun(run, '4')]);
    const [summary] = summarise([row], { metrics, projection: null }, []);
    expect(summary!.figures.class).toEqual({
      loss: { mean: 30, sd: null, values: [30] },
      epoch: { mean: 31, sd: null, values: [31] },
      top1Error: { mean: 32, sd: null, values: [32] },
      details: { mean: null, sd: null, values: [null] },
    });
    expect(row.runs[0]!.curve.map(({ epoch, train }) => [epoch, train.loss])).toEqual([
      [1, 2],
      [2, 1],
    ]);
  });

  test('one that did not finish is refused', () => {
    expect(() => collectRun({ ...run, result: null }, '4')).toThrow(
      expect.objectContaining({ code: 'run-unfinished', message: expect.stringContaining('--resume') }),
    );
  });
});
