import { forward } from '@overparam/core-reparam';
import { compile } from '@overparam/engine';
import { OverparamError } from '@overparam/errors';
import { flattenNetwork } from '@overparam/export';
import { type OnnxSession, openOnnx } from '@overparam/export-onnx/node';
import type { OpenDataset, Task } from '@overparam/plugin';
import type { Recipe } from '@overparam/training';
import type * as tf from '@tensorflow/tfjs';
import { calibrate, type RangeRule } from './calibrate';
import { layerDamage } from './damage';
import { encodeInt8 } from './encode';
import { spreadExamples } from './examples';
import { answersClasses, type Figures, figuresOf, type Predictor } from './figures';
import type { DamageReport, RuntimeCheck } from './report';
import type { Simulation } from './simulation';

/** A network with the data that it was trained on. */
export interface Given {
  /** Plain or collapsed, with an output for each task; is left as it was. */
  readonly model: tf.LayersModel;
  /** With the tasks of the outputs, in their order. */
  readonly dataset: OpenDataset;
  /** Of the run that trained it. */
  readonly recipe: Recipe;
  /** Numbers of examples of each split that the run uses. */
  readonly sizes: { readonly train: number; readonly test: number };
}

/** What is asked of a network in eight bits. */
export interface Asked {
  /** Training examples to calibrate on. */
  readonly examples: number;
  readonly rule: RangeRule;
  /** Layers, by path, that stay in float32. */
  readonly float: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Told how far it is: of what is going on, how much is done. */
  readonly onWork?: (what: string, done: number, total: number) => void;
}

/** Examples on which layers and runtimes are looked at: fewer where there is an answer for each pixel. */
const lookedAt = (tasks: readonly Task[]) => (tasks.some(({ form }) => form === 'dense') ? 8 : 128);

/** How many examples calibration takes where nothing is said: activations of dense networks are thousands of times as many. */
export function usualExamples(tasks: readonly Task[]): number {
  return tasks.some(({ form }) => form === 'dense') ? 64 : 512;
}

/** The tasks of a network's outputs. */
export function tasksOf({ dataset, recipe }: Given): Task[] {
  return dataset.tasks.map((declared) => recipe.task(declared));
}

/**
 * Finds the grids of a network's activations on training data.
 *
 * @throws OverparamError `too-few-examples`, `no-examples`, and what `calibrate` throws
 */
export async function calibrateOnData({ model, dataset, recipe, sizes }: Given, asked: Asked) {
  const { examples: count, rule, float, signal, onWork } = asked;
  const { batch } = recipe;
  const examples = spreadExamples(dataset, { split: 'train', size: sizes.train, count, batch });
  const passes = rule === 'minmax' ? 1 : 2;
  const total = passes * Math.ceil(count / batch);
  let done = 0;
  const onBatch = () => onWork?.('calibrating', ++done, total);
  return calibrate(model, examples, { rule, float, ...(signal && { signal }), onBatch });
}

/** What each layer alone does to the answers. */
export async function damageOnData(
  given: Given,
  simulation: Simulation,
  { examples, signal, onWork }: Asked,
): Promise<DamageReport[]> {
  const tasks = tasksOf(given);
  const { dataset, sizes, recipe } = given;
  const count = Math.min(examples, lookedAt(tasks));
  const read = spreadExamples(dataset, { split: 'train', size: sizes.train, count, batch: recipe.batch });
  const damage = await layerDamage(simulation, read, {
    classes: tasks.map(answersClasses),
    ...(signal && { signal }),
    onLayer: (done, total) => onWork?.('each layer alone', done, total),
  });
  return damage.map(({ layer, outputs }) => ({
    layer,
    byTask: Object.fromEntries(tasks.map(({ name }, index) => [name, outputs[index]!])),
  }));
}

/** A file with what it came to. */
export interface Written {
  readonly bytes: Uint8Array;
  readonly figures: { readonly before: Figures; readonly after: Figures };
  readonly check: RuntimeCheck;
}

/**
 * How far a file's answers may be from the simulation's: rounding falls the other way here and there, and no more. Of
 * networks that pool with places the nearer half of answers is looked at: neighbours are often equal on a grid of 256 steps, or
 * one step apart, so that a rounding moves a maximum to the next pixel, and unpooling puts it there. That changes the pixels
 * around it, and a file that is wrong changes all.
 */
const mostNoise = 0.1;

/**
 * Writes a simulated network, opens the file in ONNX Runtime, and compares it with the network that was given, with its own
 * simulation, and with itself without the runtime's changes of the graph.
 *
 * @throws OverparamError `onnxruntime-missing`, `onnx-refused`; `export-mismatch` where the file computes something else than
 *   the simulation
 */
export async function writeAndCompare(
  given: Given,
  simulation: Simulation,
  { metadata, signal, onWork }: Asked,
): Promise<Written> {
  const tasks = tasksOf(given);
  const { dataset, sizes, recipe } = given;
  const network = await encodeInt8(simulation, { metadata, description: 'A network of overparam in int8.' });
  const session = await openOnnx(network.bytes, network);
  const unoptimised = await openOnnx(network.bytes, network, { optimise: false });
  const float = compiledPredictor(given.model);
  const simulated = compiledPredictor(simulation.model);
  const options = { split: 'test', batch: recipe.batch, ...(signal && { signal }) };
  try {
    const examples = Math.min(sizes.test, lookedAt(tasks));
    const [, plain, own] = await figuresOf(
      [running(session), running(unoptimised), simulated.predict],
      tasks,
      dataset,
      { ...options, size: examples, onBatch: (done, total) => onWork?.('comparing runtimes', done, total) },
    );
    const check = {
      by: `ONNX Runtime ${session.runtime}`,
      examples,
      unoptimised: plain!.agreement,
      simulation: own!.agreement,
    };
    refuseMismatch(check, poolsWithPlaces(given.model) ? 'noiseOfHalf' : 'noise');
    const [before, after] = await figuresOf([float.predict, running(session)], tasks, dataset, {
      ...options,
      size: sizes.test,
      onBatch: (done, total) => onWork?.('evaluating', done, total),
    });
    return { bytes: network.bytes, figures: { before: before!, after: after! }, check };
  } finally {
    float.dispose();
    simulated.dispose();
    await session.close();
    await unoptimised.close();
  }
}

function running(session: OnnxSession): Predictor {
  return (x) => session.run([x]);
}

function compiledPredictor(model: tf.LayersModel): { predict: Predictor; dispose(): void } {
  const step = compile(
    ({ x }) => Object.fromEntries(forward(model, x!, { mode: 'infer' }).map((y, index) => [`${index}`, y])),
    { frozen: true },
  );
  // A last batch that is shorter is another step to some engines; those trace again by themselves.
  return { predict: async (x) => Object.values(step({ x })), dispose: () => step.dispose() };
}

function poolsWithPlaces(model: tf.LayersModel): boolean {
  const { calls } = flattenNetwork(model);
  return calls.some(({ layer }) => layer.getClassName() === 'OverparamMaxPoolWithPlaces');
}

function refuseMismatch(
  { by, unoptimised, simulation }: RuntimeCheck,
  measure: 'noise' | 'noiseOfHalf',
): void {
  for (const [what, agreement] of [
    ['without its changes of the graph', unoptimised],
    ['than the simulation in TensorFlow.js', simulation],
  ] as const) {
    for (const [task, { [measure]: noise }] of Object.entries(agreement)) {
      if (noise <= mostNoise) continue;
      throw new OverparamError(
        'export-mismatch',
        `${by} computes something else of the int8 file ${what}: answers of the task "${task}" differ by ${(100 * noise).toFixed(1)} %, expected at most ${100 * mostNoise} %. Nothing was written. Report it with the network.`,
      );
    }
  }
}
