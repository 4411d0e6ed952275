import { isOverparamError } from '@overparam/errors';
import * as tf from '@tensorflow/tfjs';
import type { Head, Network, NetworkTask, TaskForm } from '../contracts';
import { ensure } from './runner';

const forms: readonly TaskForm[] = ['class', 'dense', 'vector'];

/** A head of stock layers for one form; `onBuild` sees what it is given. */
function plainHead(form: TaskForm, onBuild?: (...given: Parameters<Head['build']>) => void): Head {
  return {
    name: "the kit's",
    forms: [form],
    build(features, task, size) {
      onBuild?.(features, task, size);
      const { name, outputs } = task;
      const units = form === 'dense' ? size[0] * size[1] * outputs : outputs;
      const layers: tf.layers.Layer[] = [
        tf.layers.globalAveragePooling2d({ name: `${name}_mean` }),
        tf.layers.dense({ name: `${name}_out`, units, kernelInitializer: 'zeros' }),
      ];
      if (form === 'dense') {
        layers.push(tf.layers.reshape({ name: `${name}_image`, targetShape: [...size, outputs] }));
      }
      return layers.reduce((x, layer) => layer.apply(x) as tf.SymbolicTensor, features);
    },
  };
}

/** A task of each form with a head that checks what it is given; `used` tells the forms whose heads were built. */
export function tasksWithHeads([height, width]: readonly [number, number, number]) {
  const used = new Set<TaskForm>();
  const chosen = forms.map((form): NetworkTask => {
    const task = { name: `own_${form}`, form, outputs: 2 } as const;
    const head = plainHead(form, (features, given, size) => {
      used.add(form);
      ensure(
        features.rank === 4,
        `the head of form ${form} is given features [${features.shape}] and not [n, h, w, channels]`,
      );
      ensure(
        given.name === task.name && given.outputs === task.outputs && given.form === form,
        `the head of form ${form} is given another task than its own`,
      );
      ensure(
        size.join() === [height, width].join(),
        `the head of form ${form} is given the size [${size}] and not [${height},${width}]`,
      );
    });
    return { ...task, head };
  });
  return { chosen, used };
}

/** Checks that heads of each form were used, and that their layers belong to their tasks. */
export function checkHeads({ owner }: Network, { chosen, used }: ReturnType<typeof tasksWithHeads>): void {
  for (const { name, form } of chosen) {
    ensure(used.has(form), `the head of form ${form} that is handed in is not used`);
    const found = owner(`${name}_out`);
    ensure(found === name, `the layer "${name}_out" of a head belongs to ${found ?? 'no task'}`);
  }
}

/** Checks that heads of another form, and heads that decline, are refused by name. */
export function checkRefusals(build: (tasks: readonly NetworkTask[]) => Network): void {
  const refusal = (task: NetworkTask): string => {
    try {
      build([task]).model.dispose();
    } catch (error) {
      if (isOverparamError(error)) return `${error.code}: ${error.message}`;
      throw error;
    }
    return 'no error';
  };
  const before = tf.memory().numTensors;
  for (const form of forms) {
    const task = { name: 'own', form, outputs: 2 };
    const other = plainHead(form === 'dense' ? 'vector' : 'dense');
    const declining: Head = { ...plainHead(form), supports: () => 'it takes no task of this kit' };
    for (const [head, said] of [
      [other, "the kit's"],
      [declining, 'it takes no task of this kit'],
    ] as const) {
      const found = refusal({ ...task, head });
      ensure(
        found.startsWith('unsupported-head: ') && found.includes(said),
        `a head that does not fit a task of form ${form} gives: ${found}; expected unsupported-head, as headOf throws it`,
      );
    }
  }
  const left = tf.memory().numTensors - before;
  ensure(left === 0, `${left} tensors are left over after heads were refused`);
}
