import {
  allFinite,
  type CompiledStep,
  compile,
  type Optimiser,
  type Precision,
  type Recompute,
  type Tensors,
} from '@overparam/engine';
import type { Phase, Task } from '@overparam/plugin';
import type * as tf from '@tensorflow/tfjs';
import { addGradients, clearSums, type GradientSums } from './accumulation';
import type { Averages } from './averages';
import { type Clipping, clipped } from './clip';
import type { ElementRule } from './elements';
import { rateFactors } from './groups';
import type { StepInputs } from './measure';
import type { TrainedNetwork } from './network';
import type { ParameterRule } from './parameter-groups';
import { type GradientParts, stepGradients, type Weighing } from './passes';
import type { Regularising } from './regularising';
import { allOf, routesOf } from './routes';
import { type SharedStep, sharedStep, summedScalars, type Teamwork } from './team';
import { agreeOnStates, statesNow } from './team-states';
import { moveAverage, type WeightAverage } from './weight-average';

/** What a phase's step is made of. */
export interface PhaseParts {
  readonly phase: Phase;
  readonly network: TrainedNetwork;
  /** One for each output of the model, in their order. */
  readonly tasks: readonly Task[];
  readonly optimiser: Optimiser;
  /** Coefficient of the expansions' penalties. */
  readonly penalty: number;
  /** `sum` where left out. */
  readonly weighing?: Weighing;
  readonly averages?: Averages | null;
  /** What weighs elements of gradients by themselves; null or left out where nothing does. */
  readonly elements?: ElementRule | null;
  /** Adds to the loss; null or left out for nothing. */
  readonly regularising?: Regularising | null;
  /** Rules of parameters by pattern; none where left out. */
  readonly parameterGroups?: readonly ParameterRule[];
  /** The largest gradients that are taken; all are where left out. */
  readonly clip?: Clipping | null;
  /** Moves with the parameters; takes the input `averageDecay`. */
  readonly weightAverage?: WeightAverage | null;
  /** Where gradients of several batches are summed up, and whether the optimiser then moves; each batch by itself where left out. */
  readonly sums?: { readonly of: GradientSums; readonly moves: boolean } | null;
  /** What activations are computed in; `float32` where left out. */
  readonly precision?: Precision;
  /** What is kept for the backward pass; `none` where left out. */
  readonly recompute?: Recompute;
  /** How the work is shared among processes; null or left out for one. */
  readonly teamwork?: Teamwork | null;
}

/** What the gradients of a phase follow from. */
export function gradientParts(parts: PhaseParts, shared: SharedStep | null = null): GradientParts {
  const {
    phase,
    network,
    tasks,
    penalty,
    weighing = 'sum',
    averages = null,
    elements = null,
    regularising = null,
  } = parts;
  const routes = routesOf(phase, tasks, network.parameters, network.trunks);
  return { phase, network, tasks, routes, penalty, weighing, averages, elements, regularising, shared };
}

/**
 * One training step of a phase, compiled. It takes a batch (see `StepInputs`), `rate`, `averageDecay` where weights are
 * averaged, and, unless the losses count alike, `weights` and `heads`, and where elements are weighed by themselves numbers
 * for each (see `uniformInputs`). It gives `loss` (the sum of the losses, without the penalty), `loss/<task>` and
 * `wrong/<task>` of the followed tasks, `labels/<task>` (how many are valid) of every task, and `finite`. A step with a
 * non-finite loss or gradient leaves parameters and optimiser slots as they were.
 */
export function compilePhase(parts: PhaseParts): CompiledStep {
  const { precision = 'float32', recompute = 'none' } = parts;
  return compile(phaseStep(parts), { precision, recompute });
}

/** As {@link compilePhase}, not compiled. */
export function phaseStep(parts: PhaseParts): (inputs: Tensors) => Tensors {
  const {
    phase,
    network,
    optimiser,
    clip = null,
    weightAverage = null,
    parameterGroups,
    sums = null,
    teamwork = null,
    weighing = 'sum',
  } = parts;
  const alone = gradientParts(parts);
  const factors = rateFactors(phase, allOf(alone.routes), parameterGroups);
  const name = [network.stage, phase.name, weighing, ...(sums?.moves === false ? ['sum'] : [])].join('/');
  const step = (inputs: Tensors, shared: SharedStep | null): Tensors => {
    const before = shared && statesNow(network);
    const { loss, losses, wrong, labels, descended, gradients } = stepGradients(
      shared ? { ...alone, shared } : alone,
      inputs as StepInputs,
    );
    if (shared) agreeOnStates(shared, network, before!);
    const finite = allFinite([...descended, ...Object.values(gradients)]);
    const given = sums ? addGradients(sums.of, gradients, finite) : gradients;
    if (sums === null || sums.moves) {
      const rate = inputs.rate as tf.Scalar;
      optimiser.update(clipped(given, clip), { rate, rateFactors: factors, apply: finite });
      if (sums) clearSums(sums.of, Object.keys(given));
      if (weightAverage)
        moveAverage(weightAverage, network, { decay: inputs.averageDecay as tf.Scalar, apply: finite });
    }
    return {
      loss,
      ...named('loss', losses),
      ...named('wrong', wrong),
      ...named('labels', labels),
      finite,
      ...(shared && { stop: summedScalars(shared, [inputs.stop as tf.Scalar])[0]! }),
    };
  };
  return (inputs) => sharedStep(teamwork, name, (shared) => step(inputs, shared));
}

function named(kind: string, byTask: Readonly<Record<string, tf.Scalar>>): Record<string, tf.Scalar> {
  return Object.fromEntries(Object.entries(byTask).map(([task, value]) => [`${kind}/${task}`, value]));
}
