import { type Dataset, lookup, type OpenDataset, registerPlugin } from '@overparam/plugin';
import { loadDefaultPlugins } from '../../src/config/plugins';
import type { ConfigFile } from '../../src/config/schema';
import { tiny } from './tiny';

/** The shipped CIFAR sample with a second task: whether the class is odd. */
const twoTasks: Dataset<unknown, unknown> = {
  apiVersion: 1,
  name: 'two-tasks',
  summary: 'Test data',
  get options() {
    return sample().options;
  },
  verify: (options, context) => sample().verify(options, context),
  async open(options, context) {
    const opened = (await sample().open(options, context)) as OpenDataset;
    const [classes] = opened.tasks;
    return {
      ...opened,
      tasks: [classes!, { ...classes!, name: 'parity', outputs: 2, classes: ['even', 'odd'] }],
      label(example, task, target, offset) {
        opened.label(example, classes!.name, target, offset);
        if (task === 'parity') target[offset]! %= 2;
      },
    };
  },
};

function sample(): Dataset<unknown, unknown> {
  return lookup('dataset', 'cifar100-sample');
}

/** A run of some seconds with two tasks and a smooth network, which does not blow rounding errors up. */
export async function tinyTwoTasks(): Promise<ConfigFile> {
  await loadDefaultPlugins();
  registerPlugin({ name: 'two-tasks', apiVersion: 1, datasets: [twoTasks] });
  return { ...tiny, backbone: { name: 'resnet', depth: 8, width: 4 }, dataset: 'two-tasks' };
}
