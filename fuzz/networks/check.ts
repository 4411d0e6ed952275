import {
  collapse,
  dropoutMasks,
  expand,
  forward,
  isOverparamError,
  keyFromSeed,
  ownPenalty,
  parametersOf,
} from '@overparam/core-reparam';
import { compile, normalTensor } from '@overparam/engine';
import * as tf from '@tensorflow/tfjs';
import { gradientGap, gradientsBefore, trainsInStock } from './first-gradients';
import { type Case, drawCase } from './generate';
import { layersOf } from './given';
import { drawChoice } from './methods';
import { on, plainBackend } from './plain-backend';
import type { Random } from './random';

/** What became of a case. */
export interface Verdict {
  readonly seed: number;
  /**
   * `refused` before training, by an error of the project's own that says why; `skipped` where there is nothing to check,
   * as TensorFlow.js itself cannot build or run the network.
   */
  readonly outcome: 'right' | 'refused' | 'wrong' | 'skipped';
  readonly words: string;
  /** The code of a refusal. */
  readonly code?: string;
  /** The largest gap between what should be the same. */
  readonly gap: number;
}

/** Gaps beyond this are wrong. A network that makes rounding large is allowed ten times the usual tolerance. */
const usual = 1e-4;

const refusals = [
  'nothing-selected',
  'unsupported-site',
  'layer-not-copied',
  'shared-weights',
  'no-gradient',
  'empty-output',
];

/**
 * Expands a drawn network on an engine, trains three steps, collapses it, and compares all of it with what tfjs makes
 * of the given and of the collapsed network on its plain backend.
 */
export async function checkCase(seed: number, _engine: string): Promise<Verdict> {
  let drawn: Case | null = null;
  const words = () => (drawn ? `${drawn.notes.join(', ')}; ` : '');
  let gap = 0;
  let trained = false;
  let method = '';
  try {
    drawn = await on(plainBackend, () => drawCase(seed)).catch((error: Error) => {
      // A kernel that is larger than its image, say.
      if (isOverparamError(error)) throw error;
      return null;
    });
    if (!drawn) return { seed, outcome: 'skipped', words: 'cannot be built by tfjs itself', gap: 0 };
    const choice = drawChoice(drawn.random);
    method = choice.words;
    const { random, model } = drawn;
    const drawnInputs = inputsFor(model, random);
    const given = await on(plainBackend, () => outputsOf(model, drawnInputs)).catch(() => null);
    // Where numbers were used last, there they are; steps take them from the engine.
    const inputs = drawnInputs.map((input) => tf.tensor(input.dataSync(), input.shape));
    if (given === null) return { seed, outcome: 'skipped', words: 'cannot be run by tfjs itself', gap: 0 };
    if (!given.flat().every(Number.isFinite)) {
      return { seed, outcome: 'skipped', words: 'gives no finite numbers by itself', gap: 0 };
    }
    const rested = frozenValues(model);
    await tf.ready();
    const before = tf.memory().numTensors;
    const expanded = expand(model, { selections: choice.selections, key: keyFromSeed(seed), probes: inputs });
    if (choice.preserves) gap = Math.max(gap, gapOf(await outputsOf(expanded, inputs), given));
    if (!(gap <= 10 * usual)) throw new Error(`does not begin as given: gap ${gap.toExponential(1)}`);
    if (choice.preserves && !choice.words.includes('repvgg') && trainsInStock(model)) {
      const found = gradientGap(model, inputs, gradientsBefore(expanded, inputs));
      if (!(found <= 10 * usual)) throw new Error(`gradients differ: gap ${found.toExponential(1)}`);
      gap = Math.max(gap, found);
    }
    const steps = train(expanded, random, inputs);
    trained = true;
    const norms = random.pick(['fold', 'keep'] as const);
    const { model: deployed, report } = collapse(expanded, {
      norms,
      ...(random.chance(0.5) && { probes: inputs }),
    });
    gap = Math.max(gap, report.gap);
    const mine = await outputsOf(expanded, inputs);
    const theirs = await on(plainBackend, () => outputsOf(deployed, inputs));
    const found = gapOf(theirs, mine);
    gap = Math.max(gap, found);
    const finite = steps && mine.flat().every(Number.isFinite);
    if (finite && found > 10 * usual)
      throw new Error(`collapsed network differs: gap ${found.toExponential(1)}`);
    if (deployed.layers.some((layer) => layer.getClassName().startsWith('Overparam')))
      throw new Error('layers of ours are left');
    checkFrozen(model, deployed, rested, norms);
    // Two thin convolutions pad by themselves.
    if (norms === 'keep' && !/"deploy":"(factors|auto)"/.test(choice.words)) checkNames(model, deployed);
    const kept = tf.memory().numTensors;
    if (random.chance(0.3)) await checkSaved(deployed, inputs, theirs);
    // What tfjs has read does not all go with it: it leaves the weights of layers of several uses.
    const read = tf.memory().numTensors - kept;
    expanded.dispose();
    deployed.dispose();
    const left = tf.memory().numTensors - before - read;
    if (left !== 0) throw new Error(`${left} tensors are left over`);
    tf.dispose(inputs);
    return { seed, outcome: 'right', words: words() + method, gap };
  } catch (error) {
    const text = (error as Error).message;
    // Of a network of open size, drawn inputs may be too small.
    const open = drawn?.model.inputs.some(({ shape }) => shape.slice(1).includes(null));
    const named =
      isOverparamError(error) && (refusals.includes(error.code) || (open && error.code === 'probe-failed'));
    if (!trained && named) {
      return { seed, outcome: 'refused', words: `${words()}${method}: ${text}`, code: error.code, gap };
    }
    const trace = `\n${(error as Error).stack?.split('\n').slice(1, 14).join('\n')}`;
    return { seed, outcome: 'wrong', words: `${words()}${method}: ${text}${trace}`, gap };
  }
}

/** Inputs of random sizes where sides are open; words where an embedding is. */
function inputsFor(model: tf.LayersModel, random: Random): tf.Tensor[] {
  const words = layersOf(model).find(({ layer }) => layer.getClassName() === 'Embedding');
  const side = 4 * random.integer(4, 6);
  return model.inputs.map(({ shape }) => {
    const full = shape.map((size, axis) => size ?? (axis === 0 ? 2 : side));
    const size = full.reduce((product, one) => product * one, 1);
    const limit = words ? (words.layer.getConfig().inputDim as number) : 0;
    const draw = words ? () => random.integer(0, limit - 1) : () => random.normal();
    return tf.tensor(random.numbers(size, draw), full);
  });
}

async function outputsOf(model: tf.LayersModel, inputs: tf.Tensor[]): Promise<number[][]> {
  const result = tf.tidy(() => {
    const outputs = model.apply(inputs, { training: false });
    return [outputs].flat() as tf.Tensor[];
  });
  const values = result.map((output) => [...output.dataSync()]);
  tf.dispose(result);
  return values;
}

function gapOf(found: readonly (readonly number[])[], wanted: readonly (readonly number[])[]): number {
  const gaps = wanted.map((values, index) => {
    const others = found[index]!;
    if (others.length !== values.length) return Number.POSITIVE_INFINITY;
    const size = Math.max(...values.map(Math.abs));
    const difference = Math.max(...values.map((value, i) => Math.abs(value - others[i]!)));
    return difference === 0 ? 0 : difference / size;
  });
  return Math.max(...gaps);
}

/** Three steps down a random loss; false where numbers left the finite ones. */
function train(model: tf.LayersModel, random: Random, inputs: tf.Tensor[]): boolean {
  const variables = parametersOf(model).map(({ variable }) => variable);
  if (variables.length === 0) throw new Error('nothing is trained');
  for (let step = 0; step < 3; step++) {
    const key = keyFromSeed(random.integer(0, 1e6));
    const closed = !model.inputs.some(({ shape }) => shape.slice(1).includes(null));
    const masks = closed ? dropoutMasks(model, inputs[0]!.shape[0]!, key) : {};
    const run = compile((given) => {
      const x = inputs.map((_, index) => given[`x${index}`]!);
      const own = Object.fromEntries(Object.keys(masks).map((name, index) => [name, given[`mask${index}`]!]));
      const { grads } = tf.variableGrads(() => {
        // Where sizes are open, masks cannot be drawn beforehand, and layers draw their own.
        const outputs = closed
          ? forward(model, x, { mode: 'train', masks: own })
          : ([model.apply(x, { training: true })].flat() as tf.Tensor[]);
        const losses = outputs.map((output, index) =>
          tf.mean(tf.square(tf.sub(output, normalTensor([7, index], output.shape, 0, 1)))),
        );
        const penalty = ownPenalty(model);
        return tf.addN([...losses, ...(penalty ? [penalty] : [])]).asScalar();
      }, variables);
      for (const variable of variables) {
        const gradient = grads[variable.name];
        if (!gradient) continue;
        const size = tf.maximum(tf.max(tf.abs(gradient)), 1e-6);
        variable.assign(tf.sub(variable, tf.mul(tf.div(gradient, size), 0.02)) as tf.Variable);
      }
      return {};
    });
    const given = Object.fromEntries([
      ...inputs.map((input, index) => [`x${index}`, input] as const),
      ...Object.values(masks).map((mask, index) => [`mask${index}`, mask] as const),
    ]);
    run(given);
    run.dispose();
    tf.dispose(masks);
  }
  return variables.every((variable) => variable.dataSync().every(Number.isFinite));
}

type Values = ReadonlyMap<string, readonly (readonly number[])[]>;

/** Weights of frozen layers by place. Running statistics do not rest: tfjs's own norm moves them, frozen or not. */
function frozenValues(model: tf.LayersModel): Values {
  return new Map(
    layersOf(model)
      .filter(({ frozen, layer }) => frozen && layer.weights.length > 0)
      .map(({ layer, path }) => [path, restingValues(layer)]),
  );
}

function restingValues(layer: tf.layers.Layer): number[][] {
  return layer.weights
    .filter(({ originalName }) => !originalName.includes('moving_'))
    .map((weight) => [...weight.read().dataSync()]);
}

function checkFrozen(
  model: tf.LayersModel,
  deployed: tf.LayersModel,
  rested: Values,
  norms: 'fold' | 'keep',
): void {
  const after = new Map(layersOf(deployed).map((placed) => [placed.path, placed]));
  for (const [path, values] of frozenValues(model)) {
    if (JSON.stringify(values) !== JSON.stringify(rested.get(path)))
      throw new Error(`the given network's "${path}" was changed`);
  }
  if (norms === 'fold') return;
  const training = new Set(
    [deployed, (deployed as unknown as { model?: tf.LayersModel }).model ?? deployed].flatMap((one) =>
      one.trainableWeights.map((weight) => weight.read().id),
    ),
  );
  for (const [path, values] of rested) {
    const placed = after.get(path);
    if (!placed) throw new Error(`the frozen layer "${path}" is gone`);
    if (JSON.stringify(restingValues(placed.layer)) !== JSON.stringify(values))
      throw new Error(`the frozen layer "${path}" was trained`);
    if (placed.layer.weights.some((weight) => training.has(weight.read().id)))
      throw new Error(`the frozen layer "${path}" is not frozen in the collapsed network`);
  }
}

function checkNames(model: tf.LayersModel, deployed: tf.LayersModel): void {
  const names = (network: tf.LayersModel) => layersOf(network).map(({ path }) => path);
  const found = new Set(names(deployed));
  const lost = names(model).filter((path) => !found.has(path));
  if (lost.length > 0) throw new Error(`the kept network lost ${lost.join(', ')}`);
}

/** A saved network is read by tfjs alone, and computes the same. */
async function checkSaved(
  model: tf.LayersModel,
  inputs: tf.Tensor[],
  wanted: readonly (readonly number[])[],
): Promise<void> {
  const places = layersOf(model);
  // tfjs gives a layer that belongs to two models two sets of weights, and cannot read two layers of one name.
  const names = places.map(({ layer }) => layer.name);
  if (new Set(names).size < names.length || new Set(places.map(({ layer }) => layer)).size < places.length)
    return;
  if (places.some(({ layer }) => layer.getClassName() === 'DepthwiseConv2D')) return;
  const json = JSON.parse(JSON.stringify(model.toJSON(null, false)));
  const read = await tf.models.modelFromJSON(json);
  const copies = new Map(layersOf(read).map(({ layer, path }) => [path, layer]));
  for (const { layer, path } of places) {
    const copy = copies.get(path);
    if (!copy) throw new Error(`saved and read, the collapsed network has lost "${path}"`);
    layer.weights.forEach((weight) => {
      const other = copy.weights.find(({ originalName }) => originalName === weight.originalName);
      if (other) (other.read() as tf.Tensor as tf.Variable).assign(weight.read() as tf.Tensor as tf.Variable);
    });
  }
  const found = await on(plainBackend, () => outputsOf(read, inputs));
  const gap = gapOf(found, wanted);
  read.dispose();
  if (gap > usual)
    throw new Error(`saved and read, the collapsed network differs: gap ${gap.toExponential(1)}`);
}
