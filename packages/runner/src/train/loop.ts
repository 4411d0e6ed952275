import { OverparamError } from '@overparam/errors';
import { matchesGroup, type ScheduledUpdate } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import type { MetricsLine, TimingLine } from '../run/files';
import { requireValidationLosses } from './choices';
import type { Moment } from './diagnose';
import { createEvaluator, type Evaluation, type Evaluator, figureName } from './evaluate';
import { addTo, addUpdate, cosinesOf, type EpochSums, emptySums, meansOf, type Progress } from './progress';
import { type Session, stageAt } from './session';
import { changeStage, type Trained } from './stage';
import { Updater } from './update';

/** What one update came to. */
export interface UpdateReport {
  /** Updates done in the run. */
  readonly update: number;
  /** Updates of the whole run. */
  readonly updates: number;
  readonly epoch: number;
  readonly phase: string;
  readonly loss: number;
  readonly learningRate: number;
}

/** Whom the loop tells what it does. */
export interface LoopListeners {
  onUpdate(report: UpdateReport): void;
  /** After each epoch, when the state is one that a run can go on from. */
  onEpoch(progress: Progress, trained: Trained, timing: TimingLine): Promise<void>;
  /** Before the loop throws because it was told to stop. */
  onStop(progress: Progress, trained: Trained): Promise<void>;
}

/** A turn of the event loop, so that signals and timers are heard between updates. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The training loop of one run: updates, phases, stages, and an evaluation after each epoch. */
export class TrainingLoop {
  private updater: Updater | null = null;
  private readonly evaluators = new Map<string, Evaluator>();
  private seconds = { updates: 0, sum: 0 };

  constructor(
    private readonly session: Session,
    private state: Trained,
    private position: Progress,
    private readonly listeners: LoopListeners,
    private readonly signal: AbortSignal | undefined,
  ) {}

  /** How far the run is. */
  get progress(): Progress {
    return this.position;
  }

  /** The network and its optimiser; they are others after a change of stage. */
  get trained(): Trained {
    return this.state;
  }

  /**
   * Trains to the end of the run.
   *
   * @throws OverparamError `non-finite`, or `interrupted` when the signal aborts
   */
  async run(): Promise<void> {
    const { session } = this;
    for (;;) {
      if (this.position.sums.updates === session.batches.perEpoch) await this.endEpoch();
      if (this.position.update === session.updates) return;
      await breathe();
      if (this.signal?.aborted) await this.stop();
      await this.update();
    }
  }

  /** Frees the compiled steps; the network stays. */
  dispose(): void {
    this.updater?.dispose();
    this.updater = null;
    for (const evaluator of this.evaluators.values()) evaluator.dispose();
    this.evaluators.clear();
  }

  private async stop(): Promise<never> {
    await this.listeners.onStop(this.position, this.state);
    throw this.interruption();
  }

  /** The error that says how far a stopped run came. */
  interruption(): OverparamError {
    return new OverparamError(
      'interrupted',
      `Stopped after ${this.position.update} of ${this.session.updates} updates. The state is saved; --resume goes on from here.`,
    );
  }

  private async update(): Promise<void> {
    const { session } = this;
    const started = performance.now();
    const index = this.position.update;
    const stage = stageAt(session.schedule, index);
    if (stage !== this.state.network.stage) {
      this.dispose();
      this.state = changeStage(session, this.state, stage);
    }
    const scheduled = session.schedule.at(index);
    this.prepare(scheduled);
    const moment = { update: index, epoch: this.position.history.length, rate: session.rateAt(index) };
    const batch = await session.batches.read(scheduled.batch);
    try {
      this.updater ??= new Updater(session, this.state);
      const outcome = await this.updater.run(scheduled.phase, batch, moment, this.position.balancer);
      const { rate } = moment;
      const names = session.tasks.map(({ name }) => name);
      const sums = addUpdate(this.position.sums, { ...outcome, phase: scheduled.phase, rate }, names);
      this.position = { ...this.position, update: index + 1, stage, sums, balancer: outcome.balancer };
      this.seconds.updates += 1;
      this.seconds.sum += (performance.now() - started) / 1000;
      // Not a part of training, so not of its time.
      if (sums.updates === session.batches.perEpoch) await this.sampleCosines(batch, moment);
      this.listeners.onUpdate({
        update: index + 1,
        updates: session.updates,
        epoch: moment.epoch + 1,
        phase: scheduled.phase,
        loss: outcome.loss,
        learningRate: rate,
      });
    } finally {
      tf.dispose(batch);
    }
  }

  /** What the schedule asks for before an update: slots at zero, states that follow its values. */
  private prepare({ reset, values = {} }: ScheduledUpdate): void {
    const { network, optimiser } = this.state;
    const parameters = network.parameters.filter((parameter) =>
      reset.some((group) => matchesGroup(group, parameter)),
    );
    if (parameters.length > 0) optimiser.reset(parameters.map(({ name }) => name));
    for (const { variable, follows } of network.states) {
      const value = follows === null ? undefined : values[follows];
      if (value !== undefined) tf.tidy(() => variable.assign(tf.scalar(value)));
    }
  }

  /** Cosines between the tasks' gradients on an epoch's last batch, where its updates did not give any. */
  private async sampleCosines(batch: tf.NamedTensorMap, moment: Moment): Promise<void> {
    const { tasks, balancing } = this.session;
    const { sums } = this.position;
    if (balancing === null || Object.keys(sums.cosines.counts).length > 0) return;
    const gramian = await this.updater!.sampleGramian(batch, moment);
    if (gramian === null) return;
    const names = tasks.map(({ name }) => name);
    this.position = {
      ...this.position,
      sums: { ...sums, cosines: addTo(sums.cosines, cosinesOf(names, gramian)) },
    };
  }

  private async endEpoch(): Promise<void> {
    const { session, state } = this;
    const { history, sums, update } = this.position;
    if (history.length === 0) requireLabels(sums);
    const started = performance.now();
    const test = await this.evaluate('test');
    const val = session.sizes.val > 0 ? await this.evaluate('val') : null;
    const epoch = history.length + 1;
    const line = metricsLine(session, { epoch, update, stage: state.network.stage, sums }, test, val);
    if (epoch === 1 && session.config.evaluation === 'best') requireValidationLosses(line);
    this.position = { ...this.position, history: [...history, line], sums: emptySums };
    const { perEpoch } = session.batches;
    const timing: TimingLine = {
      epoch,
      trainSeconds: (this.seconds.sum / Math.max(1, this.seconds.updates)) * perEpoch,
      testSeconds: (performance.now() - started) / 1000,
    };
    this.seconds = { updates: 0, sum: 0 };
    await this.listeners.onEpoch(this.position, this.state, timing);
  }

  private async evaluate(split: 'test' | 'val'): Promise<Evaluation> {
    const { tasks, dataset, sizes, config } = this.session;
    const { signal } = this;
    const options = { split, size: sizes[split], batch: config.batch, signal };
    const evaluator =
      this.evaluators.get(split) ?? createEvaluator(this.state.network.model, tasks, dataset, options);
    this.evaluators.set(split, evaluator);
    try {
      return await evaluator.run();
    } catch (error) {
      if (signal?.aborted) return this.stop();
      throw error;
    }
  }
}

/** Refuses a task that the first pass over the data had no label for. */
function requireLabels({ present, updates }: EpochSums): void {
  const missing = Object.keys(present).find((task) => present[task] === 0);
  if (missing === undefined) return;
  throw new OverparamError(
    'no-labels',
    `Task "${missing}" had no valid label in the ${updates} batches of the first epoch, so nothing could be learnt of it. Check the dataset's labels, or leave the task out (tasks: [...]).`,
  );
}

/** One line of `metrics.jsonl`; errors in percent. */
function metricsLine(
  session: Session,
  at: Pick<MetricsLine, 'epoch' | 'update' | 'stage'> & Pick<Progress, 'sums'>,
  test: Evaluation,
  val: Evaluation | null,
): MetricsLine {
  const { tasks } = session;
  const { epoch, update, stage, sums } = at;
  const trainErrors = Object.fromEntries(
    Object.entries(sums.wrong.totals).flatMap(([task, wrong]) => {
      const labels = sums.wrong.counts[task]!;
      return labels > 0 ? [[figureName(tasks, task, 'trainTop1Error'), (100 * wrong) / labels]] : [];
    }),
  );
  const { loss: testLoss, ...figures } = test.scores;
  return {
    epoch,
    update,
    stage,
    phases: sums.phases,
    learningRate: sums.rate,
    trainLoss: sums.loss / sums.updates,
    ...trainErrors,
    ...(session.balancing && {
      trainLosses: meansOf(sums.losses),
      weights: meansOf(sums.weights),
      cosines: meansOf(sums.cosines),
    }),
    testLoss: testLoss!,
    ...figures,
    ...(val && { val: val.scores }),
    ...(Object.keys(test.details).length > 0 && { details: test.details }),
  };
}
