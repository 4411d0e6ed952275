import { batchesToObserve, observe } from '@overparam/core-reparam';
import { OverparamError } from '@overparam/errors';
import * as tf from '@tensorflow/tfjs';
import { requireValidationLosses } from './choices';
import type { Moment } from './diagnose';
import { isOver } from './early-stopping';
import { requireLabels, trainingScores } from './epoch-scores';
import { createEvaluator, type Evaluation, type Evaluator } from './evaluate';
import { Follower } from './following';
import { LayerRecorder } from './layer-records';
import type { LoopListeners } from './listeners';
import { PhaseSteps } from './phase-steps';
import type { TrainingPlan } from './plan';
import { addTo, addUpdate, cosinesOf, emptySums, type Progress } from './progress';
import type { EpochRecord, EpochTiming } from './records';
import { reestimateNorms } from './reestimate';
import { followedTask } from './routes';
import { applySchedule, phaseOf, stageAt, stageStart } from './schedule';
import { changeStage, type Trained } from './stage';
import { hasAverage, takeAverage, withAverage } from './weight-average';

/** Where a run begins or goes on; what is trained is then the loop's, see {@link TrainingLoop.trained}. */
export interface TrainingState {
  readonly trained: Trained;
  readonly progress: Progress;
}

/** A turn of the event loop, so that signals and timers are heard between updates. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The training loop of one run: updates, phases, stages, and an evaluation after each epoch. */
export class TrainingLoop {
  private steps: PhaseSteps | null = null;
  private recorder: LayerRecorder | null = null;
  private follower: Follower | null = null;
  private state: Trained;
  private position: Progress;
  private readonly evaluators = new Map<string, Evaluator>();
  private seconds = { updates: 0, sum: 0 };
  /** Whether a worker of the team is to stop, by the last update. */
  private teamStops = false;

  constructor(
    private readonly plan: TrainingPlan,
    { trained, progress }: TrainingState,
    private readonly listeners: LoopListeners = {},
    private readonly signal?: AbortSignal,
  ) {
    this.state = trained;
    this.position = progress;
  }

  /** How far the run is. */
  get progress(): Progress {
    return this.position;
  }

  /** The network and its optimiser; they are others after a change of stage. */
  get trained(): Trained {
    return this.state;
  }

  /**
   * Trains to the end of the run, which may be early.
   *
   * @throws OverparamError `non-finite`, or `interrupted` when the signal aborts
   */
  async run(): Promise<void> {
    const { plan } = this;
    for (;;) {
      if (this.position.sums.updates === plan.batches.perEpoch) await this.endEpoch();
      const isAtEnd =
        this.position.update === plan.updates ||
        (this.position.sums.updates === 0 && isOver(plan.recipe.earlyStopping, this.position.history));
      if (isAtEnd) return this.record(plan.schedule.at(this.position.update - 1).phase, null);
      await breathe();
      // Of a team all stop after one update.
      if (plan.teamwork ? this.teamStops : this.signal?.aborted) await this.stop();
      await this.update();
    }
  }

  /** Frees the compiled steps; the network stays. */
  dispose(): void {
    this.steps?.dispose();
    this.steps = null;
    this.recorder?.dispose();
    this.recorder = null;
    this.follower = null;
    for (const evaluator of this.evaluators.values()) evaluator.dispose();
    this.evaluators.clear();
  }

  private async stop(): Promise<never> {
    await this.listeners.onStop?.(this.position, this.state);
    throw this.interruption();
  }

  /** The error that says how far a stopped run came. */
  interruption(): OverparamError {
    return new OverparamError(
      'interrupted',
      `Stopped after ${this.position.update} of ${this.plan.updates} updates. Go on from the state that the loop held then.`,
    );
  }

  private async update(): Promise<void> {
    const { plan } = this;
    const started = performance.now();
    const index = this.position.update;
    const stage = stageAt(plan.schedule, index);
    const begins = stage !== this.state.network.stage;
    if (begins) {
      this.dispose();
      this.state = changeStage(plan, this.state, stage, this.listeners.onLayer);
    }
    const scheduled = plan.schedule.at(index);
    applySchedule(this.state, scheduled);
    if (begins || this.position.sums.updates === 0) await this.observe(scheduled.batch, begins);
    const rate = plan.rateAt(index);
    const stop = plan.teamwork !== null && this.signal?.aborted === true;
    const moment = { update: index, epoch: this.position.history.length, rate, stop };
    const batch = await plan.batches.read(scheduled.batch);
    let second: tf.NamedTensorMap | null = null;
    try {
      this.steps ??= new PhaseSteps({
        trained: this.state,
        tasks: plan.tasks,
        balancing: plan.balancing,
        regularising: plan.regularising,
        key: plan.recipe.key,
        penalty: plan.recipe.weightDecay.coefficient,
        parameterGroups: plan.recipe.parameterGroups,
        clip: plan.recipe.clip,
        averaging: plan.averaging,
        averagedSince: stageStart(plan.schedule, index),
        precision: plan.recipe.precision,
        recompute: plan.recipe.recompute,
        teamwork: plan.teamwork,
      });
      const phase = phaseOf(plan.schedule, scheduled.phase);
      await this.record(scheduled.phase, batch);
      if (plan.balancing?.needs.secondBatch && followedTask(phase) === null) {
        second = await plan.batches.readSecond(scheduled.batch);
      }
      const outcome = await this.followed(index, () =>
        this.steps!.run(phase, batch, moment, this.position.balancer, second),
      );
      this.teamStops = outcome.stops;
      const names = plan.tasks.map(({ name }) => name);
      const sums = addUpdate(this.position.sums, { ...outcome, phase: phase.name, rate }, names);
      this.position = { ...this.position, update: index + 1, stage, sums, balancer: outcome.balancer };
      this.seconds.updates += 1;
      this.seconds.sum += (performance.now() - started) / 1000;
      // Not a part of training, so not of its time.
      if (sums.updates === plan.batches.perEpoch) await this.sampleCosines(batch, moment);
      this.listeners.onUpdate?.({
        update: index + 1,
        updates: plan.updates,
        epoch: moment.epoch + 1,
        phase: phase.name,
        loss: outcome.loss,
        learningRate: rate,
      });
    } finally {
      tf.dispose(batch);
      if (second) tf.dispose(second);
    }
  }

  /** An update, which may follow another run's. */
  private followed<Result>(index: number, work: () => Promise<Result>): Promise<Result> {
    const { following } = this.plan.recipe;
    if (following === null) return work();
    this.follower ??= new Follower(following, this.state.network);
    return this.follower.around(index, work);
  }

  /** Tells what layers are like before an update, or at the end, where there is no batch. */
  private async record(phase: string, batch: tf.NamedTensorMap | null): Promise<void> {
    const { recipe, tasks, batches, schedule } = this.plan;
    const { layerRecords: recording, parameterGroups, key } = recipe;
    if (recording === null || !this.listeners.onLayers) return;
    const updatesPerEpoch = batches.perEpoch;
    const parts = { recording, tasks, parameterGroups, updatesPerEpoch, key };
    this.recorder ??= new LayerRecorder(this.state.network, parts);
    const record = await this.recorder.record(this.position.update, phaseOf(schedule, phase), batch);
    if (record) this.listeners.onLayers(record);
  }

  /** Lets expansions that are due look at batches from `first` on, which are trained on next. */
  private async observe(first: number, begins: boolean): Promise<void> {
    const { model } = this.state.network;
    const moment = { epoch: this.position.history.length, begins };
    const batches: tf.NamedTensorMap[] = [];
    try {
      for (let index = 0; index < batchesToObserve(model, moment); index++)
        batches.push(await this.plan.batches.readWhole(first + index));
      await observe(
        model,
        batches.map(({ x }) => x!),
        moment,
      );
    } finally {
      tf.dispose(batches);
    }
  }

  /** Cosines between the tasks' gradients on an epoch's last batch, where its updates did not give any. */
  private async sampleCosines(batch: tf.NamedTensorMap, moment: Moment): Promise<void> {
    const { tasks, balancing } = this.plan;
    const { sums } = this.position;
    if (balancing === null || Object.keys(sums.cosines.counts).length > 0) return;
    const gramian = await this.steps!.sampleGramian(batch, moment);
    if (gramian === null) return;
    const names = tasks.map(({ name }) => name);
    this.position = {
      ...this.position,
      sums: { ...sums, cosines: addTo(sums.cosines, cosinesOf(names, gramian)) },
    };
  }

  private async endEpoch(): Promise<void> {
    const { plan, state } = this;
    const { history, sums, update } = this.position;
    if (history.length === 0) requireLabels(sums);
    const started = performance.now();
    const { test, val } = await this.averaged(async () => ({
      test: await this.evaluate('test'),
      val: plan.sizes.val > 0 ? await this.evaluate('val') : null,
    }));
    const epoch = history.length + 1;
    const train = trainingScores(plan, sums);
    const at = { epoch, update, stage: state.network.stage, phases: sums.phases, learningRate: sums.rate };
    const record: EpochRecord = {
      ...at,
      train,
      test: test.scores,
      ...(val && { val: val.scores }),
      ...(Object.keys(test.details).length > 0 && { details: test.details }),
    };
    if (epoch === 1 && plan.recipe.evaluation === 'best') requireValidationLosses(record);
    this.position = { ...this.position, history: [...history, record], sums: emptySums };
    const { perEpoch } = plan.batches;
    const timing: EpochTiming = {
      epoch,
      trainSeconds: (this.seconds.sum / Math.max(1, this.seconds.updates)) * perEpoch,
      testSeconds: (performance.now() - started) / 1000,
    };
    this.seconds = { updates: 0, sum: 0 };
    await this.listeners.onEpoch?.(this.position, this.state, timing);
  }

  private async evaluate(split: 'test' | 'val'): Promise<Evaluation> {
    const { tasks, dataset, sizes, recipe, teamwork } = this.plan;
    // A worker that stopped here by itself would leave the others waiting.
    const signal = teamwork ? undefined : this.signal;
    const options = { split, size: sizes[split], batch: recipe.batch, signal };
    const evaluator =
      this.evaluators.get(split) ?? createEvaluator(this.state.network.model, tasks, dataset, options);
    this.evaluators.set(split, evaluator);
    return evaluator.run();
  }

  /** Whether averages of the weights stand for them by now. */
  private get hasAverage(): boolean {
    const { averaging, schedule } = this.plan;
    const { update } = this.position;
    return hasAverage(averaging, { done: update, since: stageStart(schedule, Math.max(0, update - 1)) });
  }

  /** Does something with the averages of the weights, where there are any by now, in their place. */
  private async averaged<Result>(work: () => Promise<Result>): Promise<Result> {
    const evaluate = this.hasAverage
      ? () =>
          withAverage(this.state, async () => {
            await this.reestimate();
            return work();
          })
      : work;
    try {
      return await evaluate();
    } catch (error) {
      // Weights are back, so that what is saved now is what is trained.
      if (this.signal?.aborted) return this.stop();
      throw error;
    }
  }

  /** Gives norms the statistics that averaged weights have on the last epoch's batches. */
  private async reestimate(): Promise<void> {
    const { averaging, batches, recipe, teamwork } = this.plan;
    if (averaging?.by !== 'swa') return;
    const { perEpoch } = batches;
    const from = Math.max(0, this.position.update - perEpoch);
    // A worker that stopped here by itself would leave the others waiting.
    const signal = teamwork ? undefined : this.signal;
    await reestimateNorms(this.state.network, { batches, from, count: perEpoch, key: recipe.key, signal });
  }

  /**
   * Puts the averages of the weights in their place for good, as a run does before it deploys; without any, nothing happens.
   * SWA's norms get their statistics.
   */
  async takeAverage(): Promise<void> {
    if (!this.hasAverage) return;
    takeAverage(this.state);
    await this.reestimate();
  }
}
