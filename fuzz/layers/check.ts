import { backwardPasses, compile } from '@overparam/engine';
import * as tf from '@tensorflow/tfjs';
import type { Input, LayerCase, Plain } from './case';
import { errorOf } from './compare';
import { directions, slopeAlong } from './differences';
import { Draw } from './values';

/** How a case is run: op by op, or as one compiled step. */
export type Mode = 'eager' | 'compiled';

const tolerated = 1e-5;
/** Central differences have an error of their own. */
const toleratedSlope = 3e-5;

/** A layer gave something else than it should. */
export class WrongValue extends Error {}

const plainOf = ({ shape, values }: Input): Plain => ({ shape, values: Float64Array.from(values) });

function tensorOf({ shape, values, dtype }: Input): tf.Tensor {
  return tf.tensor(values, [...shape], dtype ?? (values instanceof Int32Array ? 'int32' : 'float32'));
}

/**
 * Runs a layer on the current engine and compares it with its plain sums.
 *
 * @param withGradients  whether the gradients are compared too, with central differences of the sums
 * @returns whether gradients were compared
 * @throws WrongValue where they differ by more than rounding; whatever the engine throws, such as a refusal
 */
export function checkCase(layer: LayerCase, mode: Mode, withGradients: boolean, seed: number): boolean {
  const before = tf.memory().numTensors;
  const state = layer.prepare?.();
  const tensors = layer.inputs.map(tensorOf);
  const comparesGradients = withGradients && layer.inputs.some((input) => input.differentiable);
  try {
    const outputs = run((inputs) => layer.run(inputs), tensors, mode);
    const plain = layer.inputs.map(plainOf);
    const expected = layer.expected(plain);
    if (outputs.length !== expected.length) {
      throw new WrongValue(`${outputs.length} outputs in place of ${expected.length}`);
    }
    expected.forEach((one, index) => {
      const { error, what } = errorOf(outputs[index]!, one);
      if (!(error <= (layer.tolerance ?? tolerated))) {
        throw new WrongValue(`output ${index}: ${what} (relative error ${error.toExponential(1)})`);
      }
    });
    if (comparesGradients) checkGradients(layer, tensors, plain, expected, mode, seed);
  } finally {
    tf.dispose(tensors);
    state?.dispose();
  }
  const left = tf.memory().numTensors - before;
  if (left !== 0) throw new WrongValue(`${left} tensors are left over`);
  return comparesGradients;
}

type Values = { readonly shape: readonly number[]; readonly values: Float64Array };

/** Reads what a step gives, op by op or compiled. */
function run(
  work: (inputs: readonly tf.Tensor[]) => readonly tf.Tensor[],
  tensors: readonly tf.Tensor[],
  mode: Mode,
): Values[] {
  const read = (outputs: readonly tf.Tensor[]) =>
    outputs.map((output) => ({ shape: output.shape, values: Float64Array.from(output.dataSync()) }));
  if (mode === 'eager') return tf.tidy(() => read(work(tensors)) as never);
  const named = Object.fromEntries(tensors.map((tensor, index) => [`input${index}`, tensor]));
  const step = compile((inputs) =>
    Object.fromEntries(
      work(tensors.map((_, index) => inputs[`input${index}`]!)).map((output, index) => [
        `output${index}`,
        output,
      ]),
    ),
  );
  const outputs = step(named);
  try {
    return read(Object.values(outputs));
  } finally {
    tf.dispose(outputs as tf.NamedTensorMap);
    step.dispose();
  }
}

function checkGradients(
  layer: LayerCase,
  tensors: readonly tf.Tensor[],
  plain: readonly Plain[],
  expected: readonly Plain[],
  mode: Mode,
  seed: number,
): void {
  const draw = new Draw(seed);
  const dys = expected.map(({ shape, values }) => ({ shape, values: draw.floats(values.length) }));
  const asked = layer.inputs.flatMap((input, index) => (input.differentiable ? [index] : []));
  const work = (inputs: readonly tf.Tensor[]) =>
    backwardPasses(
      () => {
        // What is differentiated has to be made within.
        const copies = inputs.map((input, index) => (asked.includes(index) ? tf.clone(input) : input));
        const outputs = layer.run(copies.slice(0, tensors.length));
        const parts = outputs.map((output, index) =>
          tf.sum(tf.mul(output, tf.reshape(inputs[inputs.length - dys.length + index]!, output.shape))),
        );
        return { copies, loss: tf.addN(parts) } as unknown as tf.TensorContainerObject;
      },
      (made, backward) => {
        const { copies, loss } = made as unknown as { copies: tf.Tensor[]; loss: tf.Tensor };
        const found = backward(
          loss,
          asked.map((index) => copies[index]!),
        );
        return found.map((gradient, index) => gradient ?? tf.zerosLike(tensors[asked[index]!]!));
      },
    );
  const cotangents = dys.map(tensorOf);
  let gradients: Values[];
  try {
    gradients = run(work, [...tensors, ...cotangents], mode);
  } finally {
    tf.dispose(cotangents);
  }
  const plainDys = dys.map(plainOf);
  const formula = layer.gradients?.(plain, plainDys);
  gradients.forEach((gradient, at) => {
    const index = asked[at]!;
    if (formula) {
      const should = formula[index];
      if (!should) return;
      const { error, what } = errorOf(gradient, should);
      if (!(error <= toleratedSlope))
        throw new WrongValue(
          `gradient of input ${index}: ${what} (relative error ${error.toExponential(1)})`,
        );
      return;
    }
    if (gradient.shape.join() !== plain[index]!.shape.join()) {
      throw new WrongValue(
        `gradient of input ${index} has the shape [${gradient.shape}] in place of [${plain[index]!.shape}]`,
      );
    }
    for (const direction of directions(gradient.values.length, draw)) {
      const found = slopeAlong(layer, plain, index, direction.values, plainDys);
      if (found === null) continue;
      const { slope, scale } = found;
      let is = 0;
      let sizes = 0;
      gradient.values.forEach((value, i) => {
        const term = value * direction.values[i]!;
        is += term;
        sizes += Math.abs(term) + Math.abs(direction.values[i]!) * (layer.gradientScale ?? 0);
      });
      const error = Math.abs(is - slope) / Math.max(sizes, scale, 1e-6);
      if (!(error <= toleratedSlope)) {
        throw new WrongValue(
          `gradient of input ${index} along ${direction.name} is ${is} in place of ${slope} (relative error ${error.toExponential(1)})`,
        );
      }
    }
  });
}
