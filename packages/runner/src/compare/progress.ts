/** What the runs of a comparison have done together since it started. */
export interface Standings {
  /** Updates made by this start of the comparison. */
  readonly made: number;
  /** Updates that it makes if no run fails; falls where runs turn out to be further than it knew. */
  readonly toMake: number;
  readonly runsDone: number;
  readonly runs: number;
}

/**
 * Adds up the progress of runs. Only updates made since the start count, so that a comparison that goes on after
 * an interruption shows a true rate and time left.
 */
export class ProgressBook {
  readonly #begin: number[] = [];
  readonly #done: number[] = [];
  readonly #end: number[] = [];
  readonly #finished: boolean[] = [];

  /**
   * Takes up runs.
   *
   * @param updates  of each run
   * @returns        what each run is called here
   */
  add(updates: readonly number[]): number[] {
    return updates.map((count) => {
      this.#begin.push(Number.NaN);
      this.#done.push(0);
      this.#finished.push(false);
      return this.#end.push(count) - 1;
    });
  }

  /** A run turns out to have so many updates. */
  expect(run: number, updates: number): void {
    this.#end[run] = updates;
  }

  /** A run has done so many updates; its first report says where it began. */
  advance(run: number, done: number): void {
    if (Number.isNaN(this.#begin[run])) this.#begin[run] = done;
    this.#done[run] = done;
  }

  /** A run ended; of one that failed or was complete before, nothing is left to wait for. */
  finish(run: number): void {
    this.#end[run] = this.#done[run]!;
    this.#finished[run] = true;
  }

  /** The sums over all runs. */
  standings(): Standings {
    const begin = this.#begin.map((updates) => (Number.isNaN(updates) ? 0 : updates));
    const sum = (values: readonly number[]) =>
      values.reduce((total, value, run) => total + value - begin[run]!, 0);
    return {
      made: sum(this.#done),
      toMake: sum(this.#end),
      runsDone: this.#finished.filter(Boolean).length,
      runs: this.#finished.length,
    };
  }
}
