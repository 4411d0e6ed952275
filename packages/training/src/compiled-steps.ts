import type { CompiledStep, Key, Precision, Recompute } from '@overparam/engine';
import type { Phase, Task } from '@overparam/plugin';
import type { Balancing } from './balancing';
import type { Clipping } from './clip';
import { compileGramian, compileLosses, sampleParts } from './gramian';
import type { ParameterRule } from './parameter-groups';
import type { Weighing } from './passes';
import { compilePhase, type PhaseParts } from './phase';
import type { Regularising } from './regularising';
import { routesOf } from './routes';
import type { Trained } from './stage';
import type { Teamwork } from './team';
import type { WeightAveraging } from './weight-average';

/** What updates of one stage are made of. */
export interface StepParts {
  readonly trained: Trained;
  /** One for each output of the network, in their order. */
  readonly tasks: readonly Task[];
  /** Null where nothing weighs the losses, as for a single task. */
  readonly balancing: Balancing | null;
  /** Null or left out where nothing is added to the loss, as for a single task. */
  readonly regularising?: Regularising | null;
  /** Decides dropout masks and what a balancer draws. */
  readonly key: Key;
  /** Coefficient of the expansions' penalties. */
  readonly penalty: number;
  /** Rules of parameters by pattern. */
  readonly parameterGroups: readonly ParameterRule[];
  /** The largest gradients that an update takes; null for all. */
  readonly clip: Clipping | null;
  /** How weights are averaged; null where they are not. */
  readonly averaging: WeightAveraging | null;
  /** Updates done when averages were begun; 0 where left out. */
  readonly averagedSince?: number;
  /** What activations are computed in. */
  readonly precision: Precision;
  /** What is kept for backward passes. */
  readonly recompute: Recompute;
  /** How the work is shared among processes; null or left out for one. */
  readonly teamwork?: Teamwork | null;
}

/** The compiled steps of one stage, each made when it is first asked for. */
export class CompiledSteps {
  private readonly steps = new Map<string, CompiledStep>();

  constructor(private readonly parts: StepParts) {}

  /** Frees them; the network stays. */
  dispose(): void {
    for (const step of this.steps.values()) step.dispose();
    this.steps.clear();
  }

  /** What a phase's step is made of. */
  partsOf(phase: Phase, weighing: Weighing, moves = true): PhaseParts {
    const { tasks, penalty, parameterGroups, clip, precision, recompute, trained } = this.parts;
    const { balancing, regularising, teamwork = null } = this.parts;
    const { gradientSums } = trained;
    const sums = gradientSums && { of: gradientSums, moves };
    const elements = balancing?.needs.elements ? balancing : null;
    const options = {
      penalty,
      parameterGroups,
      clip,
      precision,
      recompute,
      elements,
      regularising,
      teamwork,
    };
    return { phase, sums, ...trained, tasks, weighing, ...options };
  }

  /**
   * The step that changes parameters; see `compilePhase`.
   *
   * @param moves  false where gradients are only added up
   */
  phase(phase: Phase, weighing: Weighing, moves = true): CompiledStep {
    const name = `${phase.name}/${weighing}${moves ? '' : '/sum'}`;
    return this.stepOf(name, () => compilePhase(this.partsOf(phase, weighing, moves)));
  }

  /** Losses alone; see `compileLosses`. */
  losses(): CompiledStep {
    const { tasks, precision, trained, teamwork = null } = this.parts;
    return this.stepOf('losses', () =>
      compileLosses({ network: trained.network, tasks, precision, teamwork }),
    );
  }

  /** The first part of a balanced update; see `compileGramian`. */
  gramian(phase: Phase, { space, needs, averaging }: Balancing): CompiledStep {
    const { tasks, precision, recompute, trained, teamwork = null } = this.parts;
    const { network, averages } = trained;
    return this.stepOf(`${phase.name}/gramian`, () =>
      compileGramian({
        network,
        tasks,
        routes: routesOf(phase, tasks, network.parameters, network.trunks),
        space,
        secondBatch: needs.secondBatch,
        averaging: needs.averages ? { averages: averages!, of: averaging(0).of } : null,
        precision,
        recompute,
        teamwork,
        name: `${network.stage}/${phase.name}/gramian`,
      }),
    );
  }

  /** A Gramian that no balancer asked for, or null where the tasks share nothing; see `sampleParts`. */
  sample({ space }: Balancing): CompiledStep | null {
    const { tasks, precision, recompute, trained, teamwork = null } = this.parts;
    const { network } = trained;
    const name = `${network.stage}/sample`;
    const parts = sampleParts({ network, tasks, precision, recompute, teamwork, name }, space);
    return parts && this.stepOf('sample', () => compileGramian(parts));
  }

  private stepOf(name: string, make: () => CompiledStep): CompiledStep {
    const step = this.steps.get(name) ?? make();
    this.steps.set(name, step);
    return step;
  }
}
