import type { CompiledStep, Key, Precision, Recompute } from '@overparam/engine';
import type { Phase, Task } from '@overparam/plugin';
import type { Balancing } from './balancing';
import { compileGramian, compileLosses, sampleParts } from './gramian';
import type { Weighing } from './passes';
import { compilePhase, type PhaseParts } from './phase';
import { routesOf } from './routes';
import type { Trained } from './stage';

/** What updates of one stage are made of. */
export interface StepParts {
  readonly trained: Trained;
  /** One for each output of the network, in their order. */
  readonly tasks: readonly Task[];
  /** Null where nothing weighs the losses, as for a single task. */
  readonly balancing: Balancing | null;
  /** Decides dropout masks and what a balancer draws. */
  readonly key: Key;
  /** Coefficient of the expansions' penalties. */
  readonly penalty: number;
  /** What activations are computed in. */
  readonly precision: Precision;
  /** What is kept for backward passes. */
  readonly recompute: Recompute;
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
  partsOf(phase: Phase, weighing: Weighing): PhaseParts {
    const { tasks, penalty, precision, recompute, trained, balancing } = this.parts;
    const elements = balancing?.needs.elements ? balancing : null;
    return { phase, ...trained, tasks, penalty, precision, recompute, weighing, elements };
  }

  /** The step that changes parameters; see `compilePhase`. */
  phase(phase: Phase, weighing: Weighing): CompiledStep {
    return this.stepOf(`${phase.name}/${weighing}`, () => compilePhase(this.partsOf(phase, weighing)));
  }

  /** Losses alone; see `compileLosses`. */
  losses(): CompiledStep {
    const { tasks, precision, trained } = this.parts;
    return this.stepOf('losses', () => compileLosses({ network: trained.network, tasks, precision }));
  }

  /** The first part of a balanced update; see `compileGramian`. */
  gramian(phase: Phase, { space, needs, averaging }: Balancing): CompiledStep {
    const { tasks, precision, recompute, trained } = this.parts;
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
      }),
    );
  }

  /** A Gramian that no balancer asked for, or null where the tasks share nothing; see `sampleParts`. */
  sample({ space }: Balancing): CompiledStep | null {
    const { tasks, precision, recompute, trained } = this.parts;
    const parts = sampleParts({ network: trained.network, tasks, precision, recompute }, space);
    return parts && this.stepOf('sample', () => compileGramian(parts));
  }

  private stepOf(name: string, make: () => CompiledStep): CompiledStep {
    const step = this.steps.get(name) ?? make();
    this.steps.set(name, step);
    return step;
  }
}
