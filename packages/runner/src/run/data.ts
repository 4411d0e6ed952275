import { checkHeadTasks, checkTaskOptions, chooseTasks, chosen, type RunConfig } from '@overparam/config';
import type { DatasetContext, OpenDataset } from '@overparam/plugin';
import { holdOut } from '@overparam/training';

/** What a config says of the data. */
export type DataConfig = Pick<RunConfig, 'dataset' | 'tasks'> &
  Partial<Pick<RunConfig, 'heads' | 'taskOptions' | 'validation' | 'limit'>>;

/**
 * Opens the dataset that a config names, with the tasks that it names and without the images that it holds out, which are
 * then its split `test`; the caller closes it.
 *
 * @throws OverparamError `unknown-task`, also for heads and options of tasks that there are not; what the dataset throws
 */
export async function openDataset(
  { dataset, tasks, heads = null, taskOptions = {}, validation = null, limit = {} }: DataConfig,
  dataDir: string,
  signal?: AbortSignal,
  progress?: DatasetContext['progress'],
  note?: DatasetContext['note'],
): Promise<OpenDataset> {
  const { part, options } = chosen('dataset', dataset);
  const opened = await part.open(options, { dataDir, signal, progress, note });
  try {
    checkHeadTasks(heads, opened.tasks);
    checkTaskOptions(taskOptions, opened.tasks);
    const held = validation && (await holdOut(opened, { ...validation, limit: limit.train }));
    return chooseTasks(held ?? opened, tasks);
  } catch (error) {
    await opened.close();
    throw error;
  }
}
