import { apply, ExpertSelection, LearnedVector } from '@overparam/layers';
import * as tf from '@tensorflow/tfjs';
import type { Scheme } from './initialise';
import type { GateInput } from './options-experts';

/** The weights of experts for one task: `[n, experts]`, or `[1, experts]` where no image decides them. */
export type Gate = (image: tf.SymbolicTensor, name: string) => tf.SymbolicTensor;

/** What gates are made of, and what they tell of their first weights. */
export interface GateParts {
  readonly gate: Gate;
  /** Schemes of the layers that have been added so far, by name. */
  readonly schemes: Map<string, Scheme>;
}

/** Numbers from the image, all of whose pixels a dense layer sees, or trained ones that are the same for every image. */
function numbersFrom(input: GateInput, schemes: Map<string, Scheme>) {
  let flat: tf.SymbolicTensor | null = null;
  return (image: tf.SymbolicTensor, name: string, units: number, scheme: Scheme) => {
    schemes.set(name, scheme);
    if (input === 'task') return apply(new LearnedVector({ name, units }), image);
    flat ??= apply(tf.layers.flatten({ name: 'gate_pixels' }), image);
    return apply(tf.layers.dense({ name, units, kernelInitializer: 'zeros' }), flat);
  };
}

/** A softmax over experts, from one dense layer `<name>_gate`: the gates of MMoE and CGC. */
export function softmaxGates(input: GateInput, experts: number): GateParts {
  const schemes = new Map<string, Scheme>();
  const numbers = numbersFrom(input, schemes);
  // As PyTorch begins dense layers; all experts count alike where there is no image.
  const scheme = input === 'image' ? 'uniform' : { bound: 0 };
  const gate: Gate = (image, name) =>
    apply(
      tf.layers.softmax({ name: `${name}_gate_softmax` }),
      numbers(image, `${name}_gate`, experts, scheme),
    );
  return { gate, schemes };
}

/**
 * DSelect-k's gates: `nonzeros` selectors, each of one expert, from the numbers `<name>_digits`, weighed by the softmax of
 * `<name>_shares`. First weights are within ± gamma / 100 and ± 0.05, as in the published code.
 */
export function selectionGates(
  input: GateInput,
  {
    experts,
    nonzeros,
    gamma,
  }: { readonly experts: number; readonly nonzeros: number; readonly gamma: number },
): GateParts {
  const schemes = new Map<string, Scheme>();
  const numbers = numbersFrom(input, schemes);
  const gate: Gate = (image, name) => {
    const digits = numbers(image, `${name}_digits`, nonzeros * Math.log2(experts), { bound: gamma / 100 });
    const shares = numbers(image, `${name}_shares`, nonzeros, { bound: 0.05 });
    const selection = new ExpertSelection({ name: `${name}_selection`, gamma });
    return selection.apply([digits, shares]) as tf.SymbolicTensor;
  };
  return { gate, schemes };
}
