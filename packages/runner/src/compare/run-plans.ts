import type { RunConfig } from '@overparam/config';
import type { PlannedRun } from './plan';
import { type CheckRowsOptions, checkRows, type PlannedRow, planKey } from './prepare';

/** Plans of runs, made once for all that are planned alike: planning a network can take seconds. */
export class RunPlans {
  private readonly plans = new Map<string, PlannedRow>();

  /** @param resume  whether runs may have begun, whose data are then compared */
  constructor(
    private readonly checking: CheckRowsOptions,
    private readonly resume: boolean,
  ) {}

  /** Takes up what is planned already. */
  know(configs: readonly RunConfig[], planned: readonly PlannedRow[]): void {
    for (const [index, config] of configs.entries()) this.plans.set(planKey(config), planned[index]!);
  }

  /**
   * The plan of a run.
   *
   * @throws OverparamError as `checkRows`
   */
  async of({ config, folder }: Pick<PlannedRun, 'config' | 'folder'>): Promise<PlannedRow> {
    const key = planKey(config);
    const known = this.plans.get(key);
    if (known) return known;
    const runsOf = () => (this.resume ? [folder] : []);
    const { rows } = await checkRows([config], { ...this.checking, runsOf });
    this.plans.set(key, rows[0]!);
    return rows[0]!;
  }
}
