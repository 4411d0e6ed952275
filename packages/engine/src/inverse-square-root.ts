import type { Tensor3D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { isDifferentiatedTwice } from './gradients/recorded';
import { trainingKernels } from './kernels/names';

/**
 * A^(-1/2) of symmetric positive definite matrices, differentiable in A. The gradient is symmetric where the one that comes in is.
 *
 * By eigenvectors where the engine has them, and elsewhere, or where gradients are differentiated again, by Newton and Schulz's coupled
 * iteration, which takes products alone (Higham, Functions of Matrices, 2008, section 6.7), each step of it scaled. Both are right to
 * about 1e-6 times the condition of A.
 *
 * @param a      `[count, n, n]`, float32
 * @param least  what no eigenvalue is below, as a share of the Frobenius norm of its matrix; above 0
 * @returns      `[count, n, n]`, NaN where A holds one; the caller disposes it
 * @example
 * const whitening = tf.tidy(() => inverseSquareRoot(covariance, 1e-4));
 */
export function inverseSquareRoot(a: Tensor3D, least: number): Tensor3D {
  const byVectors = tf.getKernel(trainingKernels.symmetricEigen, tf.getBackend()) !== undefined;
  return byVectors && !isDifferentiatedTwice() ? byEigenvectors(a) : byIteration(a, least);
}

/**
 * E diag(l^(-1/2)) E^T. Its gradient is E (K * (E^T D E)) E^T for one that comes in, D, where K_ij is the divided difference
 * (l_i^(-1/2) - l_j^(-1/2)) / (l_i - l_j) = -1 / (r_i r_j (r_i + r_j)), r = sqrt(l): one formula for equal eigenvalues too (Higham,
 * section 3.2).
 */
function byEigenvectors(a: Tensor3D): Tensor3D {
  const evaluate = tf.customGrad((...given) => {
    const [matrices, save] = given as unknown as [Tensor3D, tf.GradSaveFunc];
    const [values, vectors] = eigenOf(matrices);
    const roots = values.sqrt().expandDims(1) as Tensor3D; // [count, 1, n]
    save([roots, vectors]);
    return {
      // Nothing is added but what is no number.
      value: tf.matMul(vectors.div(roots), vectors, false, true).add(matrices.sub(matrices)),
      gradFunc: (dy, saved) => {
        const [r, e] = saved as [Tensor3D, Tensor3D];
        const columns = r.transpose([0, 2, 1]);
        const differences = r.mul(columns).mul(r.add(columns)).neg();
        const turned = tf.matMul(tf.matMul(e, dy as Tensor3D, true, false), e);
        return tf.matMul(tf.matMul(e, turned.div(differences)), e, false, true);
      },
    };
  });
  return evaluate(a) as Tensor3D;
}

/** Of what is not finite the identity's: the kernel has no answer to it but an error, where a step is to end and its loss to be seen. */
function eigenOf(matrices: Tensor3D): [values: tf.Tensor2D, vectors: Tensor3D] {
  const [count, size] = matrices.shape;
  const finite = tf.isFinite(matrices).all([1, 2], true);
  const one = tf.eye(size).expandDims(0).tile([count, 1, 1]) as Tensor3D;
  const x = tf.where(finite.tile([1, size, size]), matrices, one);
  return tf.engine().runKernel(trainingKernels.symmetricEigen, { x }) as unknown as [tf.Tensor2D, Tensor3D];
}

function byIteration(a: Tensor3D, least: number): Tensor3D {
  const one = tf.eye(a.shape[1]);
  // It begins where all eigenvalues are at most 1.
  const length = a.square().sum([1, 2], true).sqrt();
  let y = a.div(length) as Tensor3D;
  let z: Tensor3D | null = null;
  for (const [linear, cubic] of scaledSteps(least)) {
    const t = one.mul(linear).sub((z ? tf.matMul(z, y) : y).mul(cubic)) as Tensor3D;
    y = tf.matMul(y, t);
    z = z ? tf.matMul(t, z) : t;
  }
  return z!.div(length.sqrt()) as Tensor3D;
}

/**
 * Factors a and b of steps x -> a x - b x^3 that take every x between the square root of `least` and 1 to 1 in float32.
 *
 * Each is the cubic that comes nearest to 1 on the interval that the last one left: 1 lies halfway between its value at both ends and
 * that at its maximum, at the square root of (low^2 + low high + high^2) / 3. Newton and Schulz's own, (3 x - x^3) / 2, is its limit, and takes
 * nearly twice as many.
 */
export function scaledSteps(least: number): [a: number, b: number][] {
  const steps: [number, number][] = [];
  for (let [low, high] = [Math.sqrt(least), 1]; high - low > 1e-7; ) {
    const square = (low ** 2 + low * high + high ** 2) / 3;
    const b = 2 / (2 * square ** 1.5 + low * high * (low + high));
    steps.push([3 * b * square, b]);
    [low, high] = [b * low * high * (low + high), 2 * b * square ** 1.5];
  }
  return steps;
}
