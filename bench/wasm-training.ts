import { trainingBatchNorm, useEngine } from '@overparam/engine';
import * as tf from '@tensorflow/tfjs';
import { batchOf, type Norm, resnet20 } from './resnet20';

/** What {@link wasmTraining} measures: medians, in milliseconds a step. */
export interface WasmTraining {
  readonly batch: number;
  readonly steps: number;
  /** With batch norm as tfjs writes it: moments and batchNorm, differentiated op by op. */
  readonly stockNorm: number;
  /** With the fused batch norm of this project. */
  readonly fusedNorm: number;
  /** stockNorm / fusedNorm. */
  readonly ratio: number;
}

const epsilon = 1e-5;

const stock: Norm = (x, gamma, beta) => {
  const { mean, variance } = tf.moments(x, [0, 1, 2]);
  return tf.batchNorm(x, mean as tf.Tensor1D, variance as tf.Tensor1D, beta, gamma, epsilon) as tf.Tensor4D;
};

const fused: Norm = (x, gamma, beta) => trainingBatchNorm(x, gamma, beta, epsilon).y;

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[sorted.length >> 1] as number;
}

/**
 * Training steps of ResNet-20 on wasm, with tfjs's own batch norm and with the fused one, in turns, on the same
 * convolutions: forward, backward and a plain update.
 */
export async function wasmTraining(steps = 7, batch = 64): Promise<WasmTraining> {
  await useEngine('wasm');
  const network = resnet20();
  const { x, labels } = batchOf(batch);
  const step = (norm: Norm): number => {
    const start = performance.now();
    tf.tidy(() => {
      const { grads } = tf.variableGrads(() => network.loss(x, labels, norm), network.variables);
      for (const variable of network.variables) {
        variable.assign(tf.sub(variable, tf.mul(grads[variable.name] as tf.Tensor, 0.01)));
      }
    });
    return performance.now() - start;
  };
  // The first steps make and compile kernels.
  for (const norm of [stock, fused, fused, stock]) step(norm);
  const times = { stock: [] as number[], fused: [] as number[] };
  for (let i = 0; i < steps; i++) {
    times.stock.push(step(stock));
    times.fused.push(step(fused));
  }
  tf.dispose([x, labels, network.variables]);
  const [stockNorm, fusedNorm] = [median(times.stock), median(times.fused)];
  return { batch, steps, stockNorm, fusedNorm, ratio: stockNorm / fusedNorm };
}
