import type { RunReport } from '../../src';
import { sampleComparison, topError } from './sample-comparison';

/** A made-up run of FNL with some epochs of 12 done. */
export function sampleRun(done: number, state: RunReport['state']): RunReport {
  const row = sampleComparison(1, 12).records[1]!;
  const run = row.runs[0]!;
  const metrics = run.curve.slice(0, done);
  const scores = run.choices.last;
  const result: RunReport['record']['result'] =
    state === 'finished'
      ? {
          label: row.label,
          method: row.method,
          routine: row.routine,
          seed: 0,
          epochs: 12,
          batch: row.batch,
          updates: row.updates,
          metrics: [topError],
          final: metrics.at(-1)!.test,
          collapsed: scores,
          choices: run.choices,
          collapseGap: run.collapseGap,
          collapseTolerance: 1e-4,
          layers: run.layers,
          stages: [{ stage: 'expanded', from: 0 }],
          trainParameters: run.trainParameters,
          deployParameters: run.deployParameters,
          deployMultiplyAdds: run.deployMultiplyAdds,
          deployNetworks: 1,
        }
      : null;
  return {
    label: row.label,
    method: row.method,
    routine: row.routine,
    seed: '0',
    epochs: 12,
    batch: row.batch,
    trainImages: row.trainImages,
    record: {
      metrics,
      timings: metrics.map(({ epoch }) => ({ epoch, trainSeconds: 10, testSeconds: 2 })),
      result,
    },
    metrics: [topError],
    classNames: {},
    about: 'The method fnl under the routine joint trains a resnet (depth 8) on cifar100-sample, seed 0.',
    obtained: [['Network', 'resnet (depth 8)']],
    state,
    reproduction: {
      commands: ['npx @overparam/runner train runs/fnl/config.yaml --out runs/fnl-again'],
      versions: { overparam: '0.0.0' },
      configs: [{ label: 'config.yaml', text: 'method: fnl\n' }],
    },
    sizes: { trained: new Map([['stem', 4321]]), collapsed: new Map([['stem', 432]]) },
  };
}
