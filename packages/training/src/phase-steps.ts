import { dropoutMasks } from '@overparam/core-reparam';
import { foldKey, type Key } from '@overparam/engine';
import type { BalancerState, Phase, Task } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { movesAt } from './accumulation';
import type { Balancing } from './balancing';
import { CompiledSteps, type StepParts } from './compiled-steps';
import { type Moment, nonFiniteError } from './diagnose';
import { uniformInputs } from './elements';
import { maskInputs, type StepInputs, secondInputs } from './measure';
import type { Weighing } from './passes';
import { byTask, read, rowsOf } from './read';
import { followedTask, routesOf } from './routes';
import { sharedStep, shareOfRows, summedScalars } from './team';
import { averageDecay } from './weight-average';

/** Numbers by task, in the order of the run's tasks. */
export type ByTask = readonly number[];

/** What one update came to. */
export interface UpdateOutcome {
  /** Sum of the followed losses. */
  readonly loss: number;
  /** Of the followed tasks. */
  readonly losses: Readonly<Record<string, number>>;
  /** Wrong class predictions, of the followed tasks with a class an image. */
  readonly wrong: Readonly<Record<string, number>>;
  /** Factors of the losses in the update of what is shared; null where nothing was balanced. */
  readonly weights: ByTask | null;
  /** Inner products of the tasks' gradients; null where they were not computed. */
  readonly gramian: readonly ByTask[] | null;
  /** What the balancer remembers; null before the first balanced update. */
  readonly balancer: BalancerState | null;
  /** By task, how many labels the batch had for it; pixels count one by one. */
  readonly labels: ByTask;
  /** Whether a worker is to stop, as all then do; false where there is one process. */
  readonly stops: boolean;
}

/** What the part of an update that changes parameters came to. */
type Changed = Pick<UpdateOutcome, 'loss' | 'losses' | 'wrong' | 'labels' | 'stops'>;

/** What the part of a balanced update before that found. */
interface Found {
  readonly losses: ByTask;
  readonly gramian: readonly ByTask[] | null;
  /** Products with the gradients on the second batch, where there is one. */
  readonly crossGramian: readonly ByTask[] | null;
  readonly finite: boolean;
}

/** By task, how many labels a batch has for it. */
async function labelsIn(
  tasks: readonly Task[],
  inputs: StepInputs,
  teamwork: StepParts['teamwork'] = null,
): Promise<number[]> {
  const counts = tf.tidy(() => {
    const here = tasks.map((task) => task.validLabels(inputs[`label/${task.name}`]!));
    return sharedStep(teamwork, 'labels', (shared) => summedScalars(shared, here));
  });
  try {
    return await Promise.all(counts.map(async (count) => (await count.data())[0]!));
  } finally {
    tf.dispose(counts);
  }
}

const equalTo = (a: ByTask, b: ByTask) => a.every((value, index) => Object.is(value, b[index]));

/** Disposes the inputs that a batch did not bring. */
function disposeAdded(inputs: StepInputs, batch: StepInputs): void {
  for (const [name, tensor] of Object.entries(inputs)) if (batch[name] !== tensor) tensor.dispose();
}

/** Updates of one stage: compiled steps, and between their parts the balancer. */
export class PhaseSteps {
  private readonly steps: CompiledSteps;

  constructor(private readonly parts: StepParts) {
    this.steps = new CompiledSteps(parts);
  }

  /** Frees the compiled steps; the network stays. */
  dispose(): void {
    this.steps.dispose();
  }

  /**
   * One update.
   *
   * @param batch  `x` and `label/<task>`; the caller's
   * @param state  the balancer's
   * @param second  another batch, for a balancer that compares two; the caller's
   * @throws OverparamError `non-finite`; parameters are then as they were
   */
  async run(
    phase: Phase,
    batch: StepInputs,
    moment: Moment,
    state: BalancerState | null,
    second: StepInputs | null = null,
  ): Promise<UpdateOutcome> {
    const { balancing } = this.parts;
    const inputs = this.withMasks(batch, moment);
    const masked = second && this.withMasks(second, moment, 'dropout2');
    try {
      if (balancing === null || followedTask(phase) !== null) {
        const changed = await this.change(phase, 'sum', inputs, moment);
        return { ...changed, weights: null, gramian: null, balancer: state };
      }
      return await this.balanced(balancing, phase, inputs, masked, moment, state ?? balancing.initialise());
    } finally {
      disposeAdded(inputs, batch);
      if (masked) disposeAdded(masked, second!);
    }
  }

  /** The Gramian of a batch's task gradients by a pass that changes nothing; see `sampleParts`. */
  async sampleGramian(batch: StepInputs, moment: Moment): Promise<number[][] | null> {
    const { balancing, tasks } = this.parts;
    const step = balancing && this.steps.sample(balancing);
    if (step === null) return null;
    const inputs = this.withMasks(batch, moment);
    try {
      const { gramian } = await read(step(inputs));
      return rowsOf(gramian!, tasks.length);
    } finally {
      disposeAdded(inputs, batch);
    }
  }

  /** A batch with the masks of its dropout layers, which are new tensors. */
  private withMasks(batch: StepInputs, { update }: Moment, purpose = 'dropout'): StepInputs {
    const { key, trained, teamwork } = this.parts;
    const examples = teamwork ? teamwork.share.of : batch.x!.shape[0]!;
    const masks = dropoutMasks(trained.network.model, examples, foldKey(key, purpose, update));
    if (!teamwork) return { ...batch, ...maskInputs(masks) };
    const own = Object.entries(masks).map(([name, mask]) => [name, shareOfRows(mask, teamwork.share)]);
    tf.dispose(masks);
    return { ...batch, ...maskInputs(Object.fromEntries(own)) };
  }

  private async balanced(
    balancing: Balancing,
    phase: Phase,
    inputs: StepInputs,
    second: StepInputs | null,
    moment: Moment,
    state: BalancerState,
  ): Promise<UpdateOutcome> {
    const { tasks, key } = this.parts;
    const { needs } = balancing;
    const present = (await labelsIn(tasks, inputs, this.parts.teamwork)).map((count) => count > 0);
    const found = await this.find(
      balancing,
      phase,
      second ? { ...inputs, ...secondInputs(second) } : inputs,
      moment,
      present,
    );
    if (found && !found.finite) throw nonFiniteError(this.steps.partsOf(phase, 'sum'), inputs, moment);
    const { update, epoch } = moment;
    const about = { update, epoch, key: foldKey(key, 'balancer', update) };
    const gramian = found?.gramian ?? null;
    const crossGramian = found?.crossGramian ?? null;
    const products = { ...(gramian && { gramian }), ...(crossGramian && { crossGramian }) };
    const ask = (losses: ByTask) => balancing.weights({ ...about, losses, ...products }, present, state);
    // Without a first part the weights do not depend on the losses; see `BalancerNeed`.
    const given = ask(found?.losses ?? tasks.map(() => 1));
    const factors: StepInputs = {
      weights: tf.tensor1d([...given.weights]),
      heads: tf.tensor1d([...given.heads]),
      ...(needs.elements && this.elementNumbers(balancing, phase, about.key)),
    };
    const same: Weighing = equalTo(given.weights, given.heads) ? 'weighted' : 'apart';
    let changed: Changed;
    try {
      changed = await this.change(
        phase,
        needs.averages ? 'averaged' : needs.elements ? 'elements' : same,
        { ...inputs, ...factors },
        moment,
      );
    } finally {
      tf.dispose(factors);
    }
    const losses = tasks.map(({ name }) => changed.losses[name]!);
    const next = found ? given.state : ask(losses).state;
    const balancer = needs.lossesAfterStep
      ? balancing.afterStep(found?.losses ?? losses, await this.lossesNow(inputs), present, next)
      : next;
    return { ...changed, weights: given.weights, gramian, balancer };
  }

  /** The first part of an update, where the balancer asks for one; it changes nothing but averages of gradients. */
  private async find(
    balancing: Balancing,
    phase: Phase,
    inputs: StepInputs,
    { update }: Moment,
    present: readonly boolean[],
  ): Promise<Found | null> {
    const { needs } = balancing;
    if (needs.before === 'nothing') return null;
    if (needs.before === 'losses') {
      const { losses, finite } = await read(this.steps.losses()(inputs));
      return { losses: losses!, gramian: null, crossGramian: null, finite: finite![0] === 1 };
    }
    const numbers: StepInputs = needs.averages
      ? { present: tf.tensor1d(present.map(Number)), decay: tf.scalar(balancing.averaging(update).decay) }
      : {};
    try {
      const step = this.steps.gramian(phase, balancing);
      const { losses, gramian, crossGramian, finite } = await read(step({ ...inputs, ...numbers }));
      const rows = (matrix: readonly number[]) => rowsOf(matrix, this.parts.tasks.length);
      return {
        losses: losses!,
        gramian: rows(gramian!),
        crossGramian: crossGramian ? rows(crossGramian) : null,
        finite: finite![0] === 1,
      };
    } finally {
      tf.dispose(numbers);
    }
  }

  private elementNumbers(balancing: Balancing, phase: Phase, key: Key): StepInputs {
    const { tasks, trained } = this.parts;
    const { network } = trained;
    const routes = routesOf(phase, tasks, network.parameters, network.trunks);
    return uniformInputs(balancing, network, routes, key);
  }

  private async lossesNow(inputs: StepInputs): Promise<ByTask> {
    return (await read(this.steps.losses()(inputs))).losses!;
  }

  /** The part of an update that changes parameters. */
  private async change(
    phase: Phase,
    weighing: Weighing,
    inputs: StepInputs,
    moment: Moment,
  ): Promise<Changed> {
    const { weightAverage, gradientSums } = this.parts.trained;
    const batches = gradientSums?.batches ?? 1;
    const moves = movesAt(moment.update, batches);
    const { averaging = null, averagedSince = 0 } = this.parts;
    const at = { done: moment.update + 1, since: averagedSince };
    const decay = averaging ? averageDecay(averaging, at, moment.update < batches) : 0;
    const numbers: Record<string, tf.Tensor> = {
      rate: tf.scalar(moment.rate),
      ...(weightAverage && { averageDecay: tf.scalar(decay) }),
      ...(this.parts.teamwork && { stop: tf.scalar(moment.stop ? 1 : 0) }),
    };
    const all = { ...inputs, ...numbers };
    try {
      const outputs = await read(this.steps.phase(phase, weighing, moves)(all));
      if (outputs.finite![0] !== 1) throw nonFiniteError(this.steps.partsOf(phase, weighing), all, moment);
      const labels = byTask(outputs, 'labels');
      return {
        loss: outputs.loss![0]!,
        losses: byTask(outputs, 'loss'),
        wrong: byTask(outputs, 'wrong'),
        labels: this.parts.tasks.map(({ name }) => labels[name]!),
        stops: (outputs.stop?.[0] ?? 0) > 0,
      };
    } finally {
      tf.dispose(numbers);
    }
  }
}
