import { dropoutMasks } from '@overparam/core-reparam';
import { type CompiledStep, foldKey } from '@overparam/engine';
import type { BalancerState, Task } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { type Moment, nonFiniteError } from './diagnose';
import { compileGramian, compileLosses, sampleParts } from './gramian';
import { maskInputs, type StepInputs } from './measure';
import type { Weighing } from './passes';
import { compilePhase, type PhaseParts } from './phase';
import { followedTask, routesOf } from './routes';
import { phaseOf, type Session } from './session';
import type { Trained } from './stage';

/** Numbers by task, in the order of the run's tasks. */
type ByTask = readonly number[];

/** What one update came to. */
export interface UpdateOutcome {
  /** Sum of the followed losses. */
  readonly loss: number;
  /** Of the followed tasks. */
  readonly losses: Readonly<Record<string, number>>;
  /** Wrong class predictions by task. */
  readonly wrong: Readonly<Record<string, number>>;
  /** Factors of the losses in the update of what is shared; null where nothing was balanced. */
  readonly weights: ByTask | null;
  /** Inner products of the tasks' gradients; null where they were not computed. */
  readonly gramian: readonly ByTask[] | null;
  readonly balancer: BalancerState | null;
  /** By task, how many labels the batch had for it; pixels count one by one. */
  readonly labels: ByTask;
}

/** What is read from a compiled step. */
async function read(outputs: Readonly<Record<string, tf.Tensor>>): Promise<Record<string, number[]>> {
  try {
    const entries = Object.entries(outputs).map(
      async ([name, tensor]) => [name, [...(await tensor.data())].map(Number)] as const,
    );
    return Object.fromEntries(await Promise.all(entries));
  } finally {
    tf.dispose(outputs as tf.NamedTensorMap);
  }
}

function rowsOf(matrix: readonly number[], size: number): number[][] {
  return Array.from({ length: size }, (_, row) => matrix.slice(row * size, (row + 1) * size));
}

/** By task, how many labels a batch has for it. */
async function labelsIn(tasks: readonly Task[], inputs: StepInputs): Promise<number[]> {
  const counts = tasks.map((task) => task.validLabels(inputs[`label/${task.name}`]!));
  try {
    return await Promise.all(counts.map(async (count) => (await count.data())[0]!));
  } finally {
    tf.dispose(counts);
  }
}

const equalTo = (a: ByTask, b: ByTask) => a.every((value, index) => Object.is(value, b[index]));

/** Runs updates of one stage: compiled steps, and between their parts the balancer. */
export class Updater {
  private readonly steps = new Map<string, CompiledStep>();

  constructor(
    private readonly session: Session,
    private readonly trained: Trained,
  ) {}

  /** Frees the compiled steps; the network stays. */
  dispose(): void {
    for (const step of this.steps.values()) step.dispose();
    this.steps.clear();
  }

  /**
   * One update.
   *
   * @param batch  `x` and `label/<task>`; the caller's
   * @param state  the balancer's
   * @throws OverparamError `non-finite`; parameters are then as they were
   */
  async run(
    phase: string,
    batch: StepInputs,
    moment: Moment,
    state: BalancerState | null,
  ): Promise<UpdateOutcome> {
    const { balancing, schedule } = this.session;
    const inputs = this.withMasks(batch, moment);
    const labels = await labelsIn(this.session.tasks, inputs);
    const isBalanced = balancing !== null && followedTask(phaseOf(schedule, phase)) === null;
    try {
      if (!isBalanced) {
        return { ...(await this.step(phase, 'sum', inputs, moment)), balancer: state, labels };
      }
      return await this.balanced(phase, inputs, moment, labels, state ?? balancing.initialise());
    } finally {
      for (const [name, tensor] of Object.entries(inputs)) if (batch[name] !== tensor) tensor.dispose();
    }
  }

  /** The Gramian of a batch's task gradients by a pass that changes nothing; see {@link sampleParts}. */
  async sampleGramian(batch: StepInputs, moment: Moment): Promise<number[][] | null> {
    const step = this.sampleStep();
    if (step === null) return null;
    const inputs = this.withMasks(batch, moment);
    try {
      const { gramian } = await read(step(inputs));
      return rowsOf(gramian!, this.session.tasks.length);
    } finally {
      for (const [name, tensor] of Object.entries(inputs)) if (batch[name] !== tensor) tensor.dispose();
    }
  }

  /** A batch with the masks of its dropout layers, which are new tensors. */
  private withMasks(batch: StepInputs, { update }: Moment): StepInputs {
    const { key } = this.session;
    const masks = dropoutMasks(
      this.trained.network.model,
      batch.x!.shape[0]!,
      foldKey(key, 'dropout', update),
    );
    return { ...batch, ...maskInputs(masks) };
  }

  private async balanced(
    phase: string,
    inputs: StepInputs,
    moment: Moment,
    labels: ByTask,
    state: BalancerState,
  ): Promise<UpdateOutcome> {
    const { tasks, key } = this.session;
    const present = labels.map((count) => count > 0);
    const balancing = this.session.balancing!;
    const { needs } = balancing;
    const before = await this.before(phase, inputs, moment, present);
    if (before && !before.finite) throw nonFiniteError(this.partsOf(phase, 'sum'), inputs, moment);
    const about = {
      update: moment.update,
      epoch: moment.epoch,
      key: foldKey(key, 'balancer', moment.update),
    };
    const ask = (losses: ByTask) =>
      balancing.weights(
        { ...about, losses, ...(before?.gramian && { gramian: before.gramian }) },
        present,
        state,
      );
    // Without a first part the weights do not depend on the losses; see `BalancerNeed`.
    const given = ask(before?.losses ?? tasks.map(() => 1));
    const weighing: Weighing = needs.averages
      ? 'averaged'
      : equalTo(given.weights, given.heads)
        ? 'weighted'
        : 'apart';
    const factors = { weights: tf.tensor1d([...given.weights]), heads: tf.tensor1d([...given.heads]) };
    let outcome: Omit<UpdateOutcome, 'balancer' | 'labels'>;
    try {
      outcome = await this.step(phase, weighing, { ...inputs, ...factors }, moment);
    } finally {
      tf.dispose(factors);
    }
    const losses = tasks.map(({ name }) => outcome.losses[name]!);
    const next = before ? given.state : ask(losses).state;
    const balancer = needs.lossesAfterStep
      ? balancing.afterStep(before?.losses ?? losses, await this.lossesNow(inputs), present, next)
      : next;
    return {
      ...outcome,
      weights: given.weights,
      gramian: before?.gramian ?? null,
      balancer,
      labels,
    };
  }

  /** The first part of a step, where the balancer asks for one. */
  private async before(
    phase: string,
    inputs: StepInputs,
    { update }: Moment,
    present: readonly boolean[],
  ): Promise<{ losses: number[]; gramian: number[][] | null; finite: boolean } | null> {
    const { tasks, balancing } = this.session;
    const { needs, averaging } = balancing!;
    if (needs.before === 'nothing') return null;
    if (needs.before === 'losses') {
      const { losses, finite } = await read(this.lossesStep()(inputs));
      return { losses: losses!, gramian: null, finite: finite![0] === 1 };
    }
    const numbers: StepInputs = needs.averages
      ? { present: tf.tensor1d(present.map(Number)), decay: tf.scalar(averaging(update).decay) }
      : {};
    try {
      const { losses, gramian, finite } = await read(
        this.gramianStep(phase, needs.averages)({ ...inputs, ...numbers }),
      );
      return { losses: losses!, gramian: rowsOf(gramian!, tasks.length), finite: finite![0] === 1 };
    } finally {
      tf.dispose(numbers);
    }
  }

  private async lossesNow(inputs: StepInputs): Promise<number[]> {
    return (await read(this.lossesStep()(inputs))).losses!;
  }

  /** The part of a step that changes parameters. */
  private async step(
    phase: string,
    weighing: Weighing,
    inputs: StepInputs,
    moment: Moment,
  ): Promise<Omit<UpdateOutcome, 'balancer' | 'labels'>> {
    const parts = this.partsOf(phase, weighing);
    const all = { ...inputs, rate: tf.scalar(moment.rate) };
    try {
      const outputs = await read(this.stepOf(`${phase}/${weighing}`, () => compilePhase(parts))(all));
      const byTask = (kind: string) =>
        Object.fromEntries(
          Object.entries(outputs).flatMap(([name, [value]]) =>
            name.startsWith(`${kind}/`) ? [[name.slice(kind.length + 1), value!]] : [],
          ),
        );
      if (outputs.finite![0] !== 1) throw nonFiniteError(parts, all, moment);
      return {
        loss: outputs.loss![0]!,
        losses: byTask('loss'),
        wrong: byTask('wrong'),
        weights: null,
        gramian: null,
      };
    } finally {
      all.rate.dispose();
    }
  }

  private partsOf(phase: string, weighing: Weighing): PhaseParts {
    const { schedule, tasks, config } = this.session;
    const { network, optimiser, averages } = this.trained;
    const { coefficient: penalty } = config.weightDecay;
    return { phase: phaseOf(schedule, phase), network, tasks, optimiser, penalty, weighing, averages };
  }

  private stepOf(name: string, make: () => CompiledStep): CompiledStep {
    const step = this.steps.get(name) ?? make();
    this.steps.set(name, step);
    return step;
  }

  private lossesStep(): CompiledStep {
    const { network } = this.trained;
    return this.stepOf('losses', () => compileLosses({ network, tasks: this.session.tasks }));
  }

  private sampleStep(): CompiledStep | null {
    const { tasks, balancing } = this.session;
    const parts = sampleParts(this.trained.network, tasks, balancing!.space);
    return parts && this.stepOf('sample', () => compileGramian(parts));
  }

  private gramianStep(phase: string, averages: boolean): CompiledStep {
    const { schedule, tasks, balancing } = this.session;
    const { network } = this.trained;
    return this.stepOf(`${phase}/gramian${averages ? '/averaged' : ''}`, () =>
      compileGramian({
        network,
        tasks,
        routes: routesOf(phaseOf(schedule, phase), tasks, network.parameters, network.trunks),
        space: balancing!.space,
        averaging: averages ? { averages: this.trained.averages!, of: balancing!.averaging(0).of } : null,
      }),
    );
  }
}
