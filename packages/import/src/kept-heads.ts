import { OverparamError } from '@overparam/errors';
import type { JsonValue } from '@overparam/export';
import type { Network, NetworkTask } from '@overparam/plugin';
import type * as tf from '@tensorflow/tfjs';

/**
 * The outputs that a network has already for the tasks of a run, by name where it says whose they are, else in their order.
 *
 * @param outputs  the network's own
 * @param about    `tasks` of what a folder of this project says of itself
 * @param source   what was read, for errors
 * @throws OverparamError `invalid-options` where an output is missing, of another form, or no logits
 */
export function outputsFor(
  tasks: readonly NetworkTask[],
  outputs: readonly tf.SymbolicTensor[],
  about: JsonValue | undefined,
  source: string,
): tf.SymbolicTensor[] {
  const mistake = (problem: string) =>
    new OverparamError('invalid-options', `backbone "file": heads: kept, but ${problem}`);
  const names = namesOf(about, outputs.length);
  if (names === null && outputs.length !== tasks.length) {
    throw mistake(
      `"${source}" has ${outputs.length} outputs and the run ${tasks.length} tasks. Leave heads out for new ones.`,
    );
  }
  return tasks.map((task, index) => {
    if (task.head) {
      throw mistake(
        `the config chooses the head "${task.head.name}" for task "${task.name}". Leave one of the two out.`,
      );
    }
    const output = outputs[names ? names.indexOf(task.name) : index];
    if (!output) {
      throw mistake(
        `"${source}" has no task "${task.name}", only ${names!.join(', ')}. Leave heads out for new ones, or learn its tasks.`,
      );
    }
    const problem = problemOf(output, task);
    if (problem) throw mistake(`task "${task.name}" ${problem}`);
    return output;
  });
}

/** Names of the tasks that outputs are for, or null where they are not known. */
function namesOf(about: JsonValue | undefined, count: number): string[] | null {
  if (!Array.isArray(about) || about.length !== count) return null;
  const names = about.map((task) => Object(task).name as unknown);
  return names.every((name) => typeof name === 'string') ? names : null;
}

function problemOf({ shape, sourceLayer }: tf.SymbolicTensor, { form, outputs }: NetworkTask): string | null {
  const rank = form === 'dense' ? 4 : 2;
  if (shape.length !== rank || shape.at(-1) !== outputs) {
    const wanted = form === 'dense' ? `[n, h, w, ${outputs}]` : `[n, ${outputs}]`;
    return `needs an output of shape ${wanted}, and that of the network is [${shape.map((side) => side ?? 'n')}]. Leave heads out for new ones.`;
  }
  const activation =
    sourceLayer.getClassName() === 'Softmax' ? 'softmax' : (sourceLayer.getConfig().activation ?? 'linear');
  if (activation === 'softmax' || (activation === 'sigmoid' && form === 'class')) {
    return `is trained on what stands before a ${activation}, and the network ends in one. Leave heads out for new ones, or save the network without it.`;
  }
  return null;
}

/** The shared layers whose outputs layers of single tasks take. */
export function borderOf({ model, owner }: Network): string[] {
  const border = new Set<string>();
  const seen = new Set<tf.SymbolicTensor>();
  const open = [...model.outputs];
  for (let tensor = open.pop(); tensor !== undefined; tensor = open.pop()) {
    if (seen.has(tensor)) continue;
    seen.add(tensor);
    const before = tensor.sourceLayer.inboundNodes[tensor.nodeIndex]!.inputTensors;
    open.push(...before);
    if (owner(tensor.sourceLayer.name) === null) continue;
    for (const { sourceLayer } of before) if (owner(sourceLayer.name) === null) border.add(sourceLayer.name);
  }
  return [...border];
}
