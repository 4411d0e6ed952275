import { dropoutMasks } from '@overparam/core-reparam';
import { type CompiledStep, foldKey, type Key } from '@overparam/engine';
import type { BalancerState, Phase, Task } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import type { Balancing } from './balancing';
import { type Moment, nonFiniteError } from './diagnose';
import { compileGramian, compileLosses, sampleParts } from './gramian';
import { maskInputs, type StepInputs } from './measure';
import type { Weighing } from './passes';
import { compilePhase, type PhaseParts } from './phase';
import { followedTask, routesOf } from './routes';
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

type Updated = Omit<UpdateOutcome, 'balancer'>;

/** What updates of one stage are made of. */
export interface StepParts {
  readonly trained: Trained;
  /** One for each output of the network, in their order. */
  readonly tasks: readonly Task[];
  /** Null for a single task. */
  readonly balancing: Balancing | null;
  /** Decides dropout masks and what a balancer draws. */
  readonly key: Key;
  /** Coefficient of the expansions' penalties. */
  readonly penalty: number;
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

/** Updates of one stage: compiled steps, made when they are first needed, and between their parts the balancer. */
export class PhaseSteps {
  private readonly steps = new Map<string, CompiledStep>();

  constructor(private readonly parts: StepParts) {}

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
    phase: Phase,
    batch: StepInputs,
    moment: Moment,
    state: BalancerState | null,
  ): Promise<UpdateOutcome> {
    const { balancing } = this.parts;
    const inputs = this.withMasks(batch, moment);
    try {
      if (balancing === null || followedTask(phase) !== null) {
        return { ...(await this.step(phase, 'sum', inputs, moment)), balancer: state };
      }
      return await this.balanced(balancing, phase, inputs, moment, state ?? balancing.initialise());
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
      return rowsOf(gramian!, this.parts.tasks.length);
    } finally {
      for (const [name, tensor] of Object.entries(inputs)) if (batch[name] !== tensor) tensor.dispose();
    }
  }

  /** A batch with the masks of its dropout layers, which are new tensors. */
  private withMasks(batch: StepInputs, { update }: Moment): StepInputs {
    const { key, trained } = this.parts;
    const masks = dropoutMasks(trained.network.model, batch.x!.shape[0]!, foldKey(key, 'dropout', update));
    return { ...batch, ...maskInputs(masks) };
  }

  private async balanced(
    balancing: Balancing,
    phase: Phase,
    inputs: StepInputs,
    moment: Moment,
    state: BalancerState,
  ): Promise<UpdateOutcome> {
    const { tasks, key } = this.parts;
    const { needs } = balancing;
    const labels = await labelsIn(tasks, inputs);
    const present = labels.map((count) => count > 0);
    const before = await this.before(balancing, phase, inputs, moment, present);
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
    let outcome: Updated;
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
    return { ...outcome, weights: given.weights, gramian: before?.gramian ?? null, balancer };
  }

  /** The first part of a step, where the balancer asks for one. */
  private async before(
    { needs, averaging }: Balancing,
    phase: Phase,
    inputs: StepInputs,
    { update }: Moment,
    present: readonly boolean[],
  ): Promise<{ losses: number[]; gramian: number[][] | null; finite: boolean } | null> {
    if (needs.before === 'nothing') return null;
    if (needs.before === 'losses') {
      const { losses, finite } = await read(this.lossesStep()(inputs));
      return { losses: losses!, gramian: null, finite: finite![0] === 1 };
    }
    const numbers: StepInputs = needs.averages
      ? { present: tf.tensor1d(present.map(Number)), decay: tf.scalar(averaging(update).decay) }
      : {};
    try {
      const step = this.gramianStep(phase, needs.averages);
      const { losses, gramian, finite } = await read(step({ ...inputs, ...numbers }));
      return {
        losses: losses!,
        gramian: rowsOf(gramian!, this.parts.tasks.length),
        finite: finite![0] === 1,
      };
    } finally {
      tf.dispose(numbers);
    }
  }

  private async lossesNow(inputs: StepInputs): Promise<number[]> {
    return (await read(this.lossesStep()(inputs))).losses!;
  }

  /** The part of a step that changes parameters. */
  private async step(phase: Phase, weighing: Weighing, inputs: StepInputs, moment: Moment): Promise<Updated> {
    const parts = this.partsOf(phase, weighing);
    const all = { ...inputs, rate: tf.scalar(moment.rate) };
    try {
      const outputs = await read(this.stepOf(`${phase.name}/${weighing}`, () => compilePhase(parts))(all));
      const byTask = (kind: string) =>
        Object.fromEntries(
          Object.entries(outputs).flatMap(([name, [value]]) =>
            name.startsWith(`${kind}/`) ? [[name.slice(kind.length + 1), value!]] : [],
          ),
        );
      if (outputs.finite![0] !== 1) throw nonFiniteError(parts, all, moment);
      const labels = byTask('labels');
      return {
        loss: outputs.loss![0]!,
        losses: byTask('loss'),
        wrong: byTask('wrong'),
        labels: this.parts.tasks.map(({ name }) => labels[name]!),
        weights: null,
        gramian: null,
      };
    } finally {
      all.rate.dispose();
    }
  }

  private partsOf(phase: Phase, weighing: Weighing): PhaseParts {
    const { tasks, penalty, trained } = this.parts;
    return { phase, ...trained, tasks, penalty, weighing };
  }

  private stepOf(name: string, make: () => CompiledStep): CompiledStep {
    const step = this.steps.get(name) ?? make();
    this.steps.set(name, step);
    return step;
  }

  private lossesStep(): CompiledStep {
    const { tasks, trained } = this.parts;
    return this.stepOf('losses', () => compileLosses({ network: trained.network, tasks }));
  }

  private sampleStep(): CompiledStep | null {
    const { tasks, balancing, trained } = this.parts;
    const parts = sampleParts(trained.network, tasks, balancing!.space);
    return parts && this.stepOf('sample', () => compileGramian(parts));
  }

  private gramianStep(phase: Phase, averages: boolean): CompiledStep {
    const { tasks, balancing, trained } = this.parts;
    const { network } = trained;
    return this.stepOf(`${phase.name}/gramian${averages ? '/averaged' : ''}`, () =>
      compileGramian({
        network,
        tasks,
        routes: routesOf(phase, tasks, network.parameters, network.trunks),
        space: balancing!.space,
        averaging: averages ? { averages: trained.averages!, of: balancing!.averaging(0).of } : null,
      }),
    );
  }
}
