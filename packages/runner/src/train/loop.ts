import type { Schedule } from '@overparam/core-reparam';
import { type CompiledStep, OverparamError } from '@overparam/engine';
import * as tf from '@tensorflow/tfjs';
import type { MetricsLine, Scores, TimingLine } from '../run/files';
import { nonFiniteError } from './diagnose';
import { createEvaluator, type Evaluator, figureName } from './evaluate';
import { matches } from './groups';
import { compilePhase, type PhaseParts } from './phase';
import { addUpdate, emptySums, type Progress } from './progress';
import { type Session, stageAt } from './session';
import { changeStage, type Trained } from './stage';

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
  private readonly steps = new Map<string, { readonly step: CompiledStep; readonly parts: PhaseParts }>();
  private evaluator: Evaluator | null = null;
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
    for (const { step } of this.steps.values()) step.dispose();
    this.steps.clear();
    this.evaluator?.dispose();
    this.evaluator = null;
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

  /** The compiled step of a phase in the present stage. */
  private stepOf(name: string): { readonly step: CompiledStep; readonly parts: PhaseParts } {
    const known = this.steps.get(name);
    if (known) return known;
    const { schedule, tasks, config } = this.session;
    const phase = phaseOf(schedule, name);
    const { network, optimiser } = this.state;
    const penalty = config.weightDecay.coefficient;
    const parts: PhaseParts = {
      phase,
      model: network.model,
      parameters: network.parameters,
      tasks,
      optimiser,
      penalty,
    };
    const made = { step: compilePhase(parts), parts };
    this.steps.set(name, made);
    return made;
  }

  private async update(): Promise<void> {
    const { session } = this;
    const started = performance.now();
    const index = this.position.update;
    const stage = stageAt(session.schedule, index);
    if (stage !== this.state.network.stage) {
      this.dispose();
      this.state = changeStage(session.config, session.key, this.state, stage);
    }
    const scheduled = session.schedule.at(index);
    if (scheduled.reset.length > 0) {
      const { network, optimiser } = this.state;
      const reset = network.parameters.filter((parameter) =>
        scheduled.reset.some((group) => matches(group, parameter)),
      );
      optimiser.reset(reset.map(({ name }) => name));
    }
    const rate = session.rateAt(index);
    const { step, parts } = this.stepOf(scheduled.phase);
    const inputs: tf.NamedTensorMap = {
      ...(await session.batches.read(scheduled.batch)),
      rate: tf.scalar(rate),
    };
    const epoch = this.position.history.length + 1;
    try {
      const { loss, finite, wrong } = await runStep(step, inputs);
      if (!finite) throw nonFiniteError(parts, inputs, { update: index + 1, epoch, rate });
      const sums = addUpdate(this.position.sums, { phase: scheduled.phase, loss, wrong, rate });
      this.position = { ...this.position, update: index + 1, stage, sums };
      this.seconds.updates += 1;
      this.seconds.sum += (performance.now() - started) / 1000;
      const report = {
        update: index + 1,
        updates: session.updates,
        epoch,
        phase: scheduled.phase,
        loss,
        learningRate: rate,
      };
      this.listeners.onUpdate(report);
    } finally {
      tf.dispose(inputs);
    }
  }

  private async endEpoch(): Promise<void> {
    const { session, state } = this;
    const { history, sums, update } = this.position;
    const started = performance.now();
    const scores = await this.evaluate();
    const epoch = history.length + 1;
    const line = metricsLine(session, { epoch, update, stage: state.network.stage, sums }, scores);
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

  private async evaluate(): Promise<Scores> {
    const { tasks, dataset, sizes, config } = this.session;
    const { signal } = this;
    const options = { split: 'test', size: sizes.test, batch: config.batch, signal };
    this.evaluator ??= createEvaluator(this.state.network.model, tasks, dataset, options);
    try {
      return await this.evaluator.run();
    } catch (error) {
      if (signal?.aborted) return this.stop();
      throw error;
    }
  }
}

function phaseOf(schedule: Schedule, name: string) {
  const phase = schedule.phases.find((candidate) => candidate.name === name);
  if (phase) return phase;
  throw new OverparamError(
    'unknown-phase',
    `The routine scheduled a phase "${name}" that it has not declared.`,
  );
}

/** Runs a compiled step and reads what it gives. */
async function runStep(step: CompiledStep, inputs: tf.NamedTensorMap) {
  const outputs = step(inputs);
  try {
    const wrong: Record<string, number> = {};
    for (const [name, tensor] of Object.entries(outputs)) {
      if (name.startsWith('wrong/')) wrong[name.slice('wrong/'.length)] = (await tensor.data())[0]!;
    }
    const loss = (await outputs.loss!.data())[0]!;
    return { loss, finite: (await outputs.finite!.data())[0] === 1, wrong };
  } finally {
    tf.dispose(outputs as tf.NamedTensorMap);
  }
}

/** One line of `metrics.jsonl`; errors in percent. */
function metricsLine(
  session: Session,
  at: Pick<MetricsLine, 'epoch' | 'update' | 'stage'> & Pick<Progress, 'sums'>,
  scores: Scores,
): MetricsLine {
  const { tasks, config } = session;
  const { epoch, update, stage, sums } = at;
  const trainErrors = Object.fromEntries(
    Object.entries(sums.wrong).map(([task, wrong]) => [
      figureName(tasks, task, 'trainTop1Error'),
      (100 * wrong) / (sums.updates * config.batch),
    ]),
  );
  const { loss: testLoss, ...figures } = scores;
  return {
    epoch,
    update,
    stage,
    phases: sums.phases,
    learningRate: sums.rate,
    trainLoss: sums.loss / sums.updates,
    ...trainErrors,
    testLoss: testLoss!,
    ...figures,
  };
}
