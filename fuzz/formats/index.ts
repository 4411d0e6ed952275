import { useEngine } from '@overparam/engine';
import { isOverparamError } from '@overparam/errors';
import * as tf from '@tensorflow/tfjs';
import { drawCase } from '../networks/generate';
import { layersOf } from '../networks/given';
import { keepPlainBackend, on, plainBackend } from '../networks/plain-backend';
import type { Random } from '../networks/random';
import { checkDrawn, type DrawnVerdict, drawnCommand } from '../networks/series';
import { inFiles } from './files';
import type { FormatCheck } from './format';
import { onnx } from './onnx';
import { withResizing } from './resized';
import { stopTorch, torch } from './torch';

const usage = `Usage: formats [--format onnx|tfjs|safetensors|saved-model] [--count 200] [--seed 1] [--only SEED] [--verbose]

Draws networks, writes each in a format, and compares what others compute from the file with what TensorFlow.js computes on
its plain backend. Case i of seed s is drawn from s * 100000 + i; --only repeats one case. Networks that TensorFlow.js itself
cannot run, and those that the format refuses by saying why, are counted apart. safetensors needs a Python with torch: OVERPARAM_PYTHON.`;

const formats: Readonly<Record<string, FormatCheck>> = {
  onnx,
  tfjs: inFiles('tfjs'),
  safetensors: torch,
  'saved-model': inFiles('saved-model'),
};

const refusals = ['unsupported-layer', 'open-shape', 'batch-fixed', 'duplicate-weight', 'tfjs-refused'];

/** Gaps beyond this are wrong. A network that makes rounding large is allowed ten times the usual tolerance. */
const most = 1e-3;

/** Checks one drawn network in one format. */
export async function checkFormat(format: string, seed: number): Promise<DrawnVerdict> {
  const drawn = await on(plainBackend, () => drawCase(seed)).catch(() => null);
  if (!drawn) return { seed, outcome: 'skipped', words: 'cannot be built by tfjs itself', gap: 0 };
  const { random } = drawn;
  const model = withResizing(drawn.model, seed);
  const words = [...drawn.notes, ...(model === drawn.model ? [] : ['resized'])].join(', ');
  const inputs = inputsFor(model, random);
  const expected = await on(plainBackend, () => outputsOf(model, inputs)).catch(() => null);
  if (!expected?.every((output) => output.dataSync().every(Number.isFinite)))
    return { seed, outcome: 'skipped', words: 'cannot be run by tfjs itself', gap: 0 };
  try {
    const gap = await on(plainBackend, () => formats[format]!(model, inputs, expected, random));
    return { seed, outcome: gap <= most ? 'right' : 'wrong', words, gap };
  } catch (error) {
    const refused = isOverparamError(error) && refusals.includes(error.code);
    const text = refused ? error.message : String((error as Error).stack);
    return { seed, outcome: refused ? 'refused' : 'wrong', words: `${words}: ${text}`, gap: 0 };
  } finally {
    tf.dispose([inputs, expected]);
    model.dispose();
  }
}

async function prepare(format: string): Promise<(seed: number) => Promise<DrawnVerdict>> {
  keepPlainBackend();
  await useEngine(format === 'saved-model' ? 'tensorflow' : 'cpu');
  return (seed) => checkFormat(format, seed);
}

/** Checks `count` drawn networks that tfjs can run. */
export async function checkFormats(format: string, count: number, seed: number): Promise<DrawnVerdict[]> {
  try {
    return await checkDrawn(count, seed, await prepare(format));
  } finally {
    stopTorch();
  }
}

/** Inputs that fit, of two examples and of sides of 20 where these are open; whole numbers where an embedding takes them. */
function inputsFor(model: tf.LayersModel, random: Random): tf.Tensor[] {
  const words = layersOf(model).find(({ layer }) => layer.getClassName() === 'Embedding');
  const limit = words ? (words.layer.getConfig().inputDim as number) : 0;
  return model.inputs.map(({ shape, dtype }) => {
    const full = shape.map((size, axis) => size ?? (axis === 0 ? 2 : 20 + 4 * axis));
    const size = full.reduce((product, one) => product * one, 1);
    const draw = words ? () => random.integer(0, limit - 1) : () => random.normal();
    return tf.tensor(random.numbers(size, draw), full, dtype);
  });
}

function outputsOf(model: tf.LayersModel, inputs: tf.Tensor[]): tf.Tensor[] {
  return tf.tidy(() => [model.apply(inputs, { training: false })].flat() as tf.Tensor[]);
}

/** Runs the command. @returns the exit code */
export function formatsCommand(given: readonly string[]): Promise<number> {
  return drawnCommand({ usage, option: ['format', 'onnx'], count: 200, prepare, finish: stopTorch }, given);
}
