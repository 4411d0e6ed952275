import type { Network, Task } from '@overparam/plugin';
import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs';

/** What a backbone says of its layers; it holds for every form of its network, as layers keep their names. */
export type Layout = Pick<Network, 'owner' | 'representations'>;

/** A use of a layer's output by another layer. */
interface Use {
  readonly from: string;
  readonly by: string;
}

/** The layers that an output follows from, and which of them uses which. */
function walk(output: SymbolicTensor): {
  readonly layers: ReadonlySet<string>;
  readonly uses: readonly Use[];
} {
  const seen = new Set<SymbolicTensor>();
  const uses: Use[] = [];
  const open = [output];
  for (let tensor = open.pop(); tensor !== undefined; tensor = open.pop()) {
    if (seen.has(tensor)) continue;
    seen.add(tensor);
    const inputs = tensor.sourceLayer.inboundNodes[tensor.nodeIndex]!.inputTensors;
    open.push(...inputs);
    for (const { sourceLayer } of inputs) uses.push({ from: sourceLayer.name, by: tensor.sourceLayer.name });
  }
  return { layers: new Set([...seen].map(({ sourceLayer }) => sourceLayer.name)), uses };
}

/** Whether one of these layers follows from another. */
function isNested(layers: ReadonlySet<string>, uses: readonly Use[]): boolean {
  const before = new Map<string, string[]>();
  for (const { from, by } of uses) before.set(by, [...(before.get(by) ?? []), from]);
  return [...layers].some((layer) => {
    const seen = new Set<string>();
    const open = [...(before.get(layer) ?? [])];
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      if (seen.has(name)) continue;
      if (layers.has(name)) return true;
      seen.add(name);
      open.push(...(before.get(name) ?? []));
    }
    return false;
  });
}

/**
 * Which layers of a network belong to one task, read from its graph: those that only this task's output follows from.
 * Its representations are the shared layers whose outputs such layers take, where all of them lie side by side: there are
 * none where one follows from another, a task's own layers take the input itself, or an output is of a shared layer. With
 * a single task all is shared.
 *
 * @param tasks  one for each output, in their order
 */
export function layoutOf(model: LayersModel, tasks: readonly Pick<Task, 'name'>[]): Layout {
  if (tasks.length < 2) return { owner: () => null, representations: [] };
  const walks = model.outputs.map(walk);
  const owners = new Map<string, string>();
  for (const [index, { layers }] of walks.entries()) {
    for (const layer of layers) {
      const isOwn = walks.every((other, at) => at === index || !other.layers.has(layer));
      if (isOwn) owners.set(layer, tasks[index]!.name);
    }
  }
  const owner = (layer: string) => owners.get(layer) ?? null;
  const uses = walks.flatMap((each) => each.uses);
  const taken = uses.filter(({ from, by }) => owner(from) === null && owner(by) !== null);
  const border = new Set(taken.map(({ from }) => from));
  const separates =
    model.outputs.every(({ sourceLayer }) => owner(sourceLayer.name) !== null) &&
    model.inputs.every(({ sourceLayer }) => !border.has(sourceLayer.name)) &&
    !isNested(border, uses);
  return { owner, representations: separates ? [...border] : [] };
}
