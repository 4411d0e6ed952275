import { basename } from 'node:path';
import type { OpenDataset } from '@overparam/plugin';
import { type DataRecord, dataRecordOf, readDataRecord, refuseOtherData } from '@overparam/run-folder';
import type { TrainingPlan } from '@overparam/training';

/** Sees to it that a comparison goes on with the data that its runs began with; rows that share data share the reading. */
export class SameData {
  private last: { readonly dataset: OpenDataset; readonly sizes: string; readonly data: DataRecord } | null =
    null;

  constructor(private readonly signal: AbortSignal) {}

  /**
   * Compares the data with what the runs in some folders, of which any may not be there, have read.
   *
   * @throws OverparamError `data-differs`, `run-damaged`
   */
  async check(
    folders: readonly string[],
    { dataset, sizes }: Pick<TrainingPlan, 'dataset' | 'sizes'>,
  ): Promise<void> {
    for (const folder of folders) {
      const before = await readDataRecord(folder);
      if (before !== null) refuseOtherData(basename(folder), before, await this.read(dataset, sizes));
    }
  }

  private async read(dataset: OpenDataset, sizes: TrainingPlan['sizes']): Promise<DataRecord> {
    const wanted = JSON.stringify(sizes);
    if (this.last?.dataset !== dataset || this.last.sizes !== wanted) {
      const data = await dataRecordOf(dataset, sizes, { signal: this.signal });
      this.last = { dataset, sizes: wanted, data };
    }
    return this.last.data;
  }
}
