import { configSum, configText, type RunConfig } from '@overparam/config';
import { type Cluster, tensorflowInfo } from '@overparam/engine-tensorflow';
import type { DataRecord } from '@overparam/run-folder';
import type { Progress, Team, Trained } from '@overparam/training';
import { Meeting } from '@overparam/workers';
import { packageVersion } from '../cli/version';

/** Where a run is taken up. */
interface TakenUp {
  readonly progress: Progress | null;
  readonly kernels: Readonly<Record<string, string>>;
}

/** The workers that train a run together, as one of them meets the others. */
export class Crew {
  readonly team: Team;
  private readonly meeting: Meeting;

  constructor(
    { workers, index }: Cluster,
    private readonly config: RunConfig,
  ) {
    this.team = { count: workers.length, index, ...config.workers };
    this.meeting = new Meeting(this.team, workers);
  }

  /**
   * Refuses others that would train another run.
   *
   * @param folder  that paths of the config start from
   * @throws OverparamError `workers-differ`
   */
  agree({ splits }: DataRecord, folder: string): Promise<void> {
    // Each machine has threads of its own.
    const config = { ...this.config, engine: { name: this.config.engine.name } };
    return this.meeting.agree({
      version: packageVersion(),
      'TensorFlow version': tensorflowInfo().version,
      config: configSum(configText(config, folder, folder)),
      data: JSON.stringify(splits),
    });
  }

  /** What the first worker says of where the run is taken up; others give null. */
  takeUp(from: TakenUp | null): Promise<TakenUp> {
    return this.meeting.tell(from);
  }

  /** Gives what is trained the first worker's values. */
  give(trained: Trained): Promise<void> {
    return this.meeting.give(trained);
  }

  /** Before a checkpoint: all have the same values. @throws OverparamError `workers-diverged` */
  compare(trained: Trained): Promise<void> {
    return this.meeting.compare(trained);
  }
}
