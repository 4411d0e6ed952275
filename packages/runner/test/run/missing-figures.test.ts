import type { ConfigFile } from '@overparam/config';
import type { EpochRecord } from '@overparam/training';
import { expect, test } from 'vitest';
import { train } from '../../src/run/train';
import { filesOf, interrupted } from '../support/interrupted';
import { temporaryFolder, textOf, tinyScenes } from '../support/tiny';

const path = temporaryFolder();

// One scene does not show all thirteen classes, and the mean over the classes is then no number.
const config: ConfigFile = {
  ...tinyScenes,
  taskOptions: { absentClass: 'nan' },
  limit: { train: 4, test: 1 },
};

test('a figure that was not counted is null, and a resumed run chooses as one that was never stopped', async () => {
  const result = await train(config, { out: path('whole') });
  const segmentation = (scores: EpochRecord['test']) => scores.byTask.segmentation!.figures;
  expect(segmentation(result.final).mIoU).toBeNull();
  expect(segmentation(result.collapsed).mIoU).toBeNull();
  expect(segmentation(result.choices.meanOfLast.scores).mIoU).toBeNull();
  expect(segmentation(result.choices.meanOfLast.scores).pixelAccuracy).toBeGreaterThan(0);
  // What is returned is what is written: JSON has no NaN.
  expect(JSON.parse(textOf(path('whole'), 'result.json'))).toEqual(result);

  await interrupted(config, path('parts'), { epoch: 1 });
  const resumed = await train(config, { out: path('parts'), resume: true });
  expect(resumed.choices).toEqual(result.choices);
  expect(filesOf(path('parts'))).toEqual(filesOf(path('whole')));
});
