import { isOverparamError } from '@overparam/errors';
import type { DatasetCheck, DatasetContext } from '@overparam/plugin';
import { checkTasks } from './check-scene';
import { classes13 } from './classes';
import { locate } from './locate';
import type { NyuOptions } from './options';
import type { TaskName } from './scene';
import { checkCounts, checkedScenes } from './scenes';
import { collectStatistics, type Range, type Statistics } from './statistics';

/** Looks for the data in the form that the options name; an archive is not unpacked for it, and no scene is read. */
export async function present(options: NyuOptions, context: DatasetContext): Promise<DatasetCheck> {
  try {
    const source = await locate(context.dataDir, options.source);
    await source.close();
    return { what: 'NYUv2', ok: true, detail: source.title };
  } catch (error) {
    if (!isOverparamError(error)) throw error;
    return { what: 'NYUv2', ok: false, detail: error.message };
  }
}

/** Reads every scene of the data itself, not of the cache, and reports what is there. */
export async function verify(options: NyuOptions, context: DatasetContext): Promise<DatasetCheck[]> {
  const checks: DatasetCheck[] = [];
  try {
    const source = await locate(context.dataDir, options.source);
    try {
      checks.push({ what: 'found', ok: true, detail: source.title });
      await checkCounts(source, options);
      const { train, test } = options.scenes;
      checks.push({ what: 'scenes', ok: true, detail: `${train} train, ${test} test` });
      for (const split of ['train', 'test'] as const) {
        const statistics = collectStatistics();
        for await (const scene of checkedScenes(source, split, options, context)) statistics.add(scene);
        const result = statistics.result();
        checkTasks(options.tasks, result.labelled, `${source.title}, split ${split}`);
        checks.push(...describeStatistics(split, result, options.tasks));
      }
    } finally {
      await source.close();
    }
  } catch (error) {
    if (!isOverparamError(error) || error.code === 'aborted') throw error;
    checks.push({ what: `NYUv2: ${error.code}`, ok: false, detail: error.message });
  }
  return checks;
}

/** What was found in a split, as checks that passed: all files were read and checked before. */
export function describeStatistics(
  split: string,
  statistics: Statistics,
  tasks: readonly TaskName[],
): DatasetCheck[] {
  const { scenes, labelled, invalid, classPixels, depth, normalLength, image } = statistics;
  const range = (found: Range) => (found ? found.map((value) => value.toFixed(3)).join(' to ') : 'none');
  const share = (task: TaskName) => {
    const found = invalid[task];
    return found === null ? 'no scene has a label' : `${(100 * found).toFixed(2)} % of pixels invalid`;
  };
  const missing = (task: TaskName) =>
    labelled[task] < scenes ? `${scenes - labelled[task]} scenes without a label, ` : '';
  const total = classPixels.reduce((sum, pixels) => sum + pixels, 0);
  const found: Record<TaskName, () => string> = {
    segmentation: () =>
      `${share('segmentation')}; ${classes13.map((name, k) => `${name} ${((100 * classPixels[k]!) / Math.max(1, total)).toFixed(1)} %`).join(', ')}`,
    depth: () => `${share('depth')}, ${range(depth)} m`,
    normals: () => `${share('normals')}, length ${range(normalLength)}`,
  };
  return [
    { what: `${split}: image`, ok: true, detail: `${scenes} scenes, values ${range(image)}` },
    ...tasks.map((task) => ({ what: `${split}: ${task}`, ok: true, detail: missing(task) + found[task]() })),
  ];
}
