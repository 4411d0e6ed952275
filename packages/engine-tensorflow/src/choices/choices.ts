import { fastest, type Question, type Timing } from './question';
import type { TimingTable } from './table';

/**
 * Which way is taken for what. A way decides about the last bits of a result, so that a run that goes on takes the ways that
 * it took before: those that are given come first, then what was timed on this processor.
 */
export class Choices {
  private given: ReadonlyMap<string, string> = new Map();
  private readonly used = new Map<string, string>();

  constructor(private readonly table: TimingTable) {}

  /** The way to take, or null where that was not timed yet. */
  of(question: Question): string | null {
    const { key, ways } = question;
    const given = this.given.get(key);
    const timing = this.table.get(key);
    const way =
      given !== undefined && ways.includes(given)
        ? given
        : timing === null
          ? null
          : fastest(question, timing);
    if (way !== null) this.used.set(key, way);
    return way;
  }

  /** Remembers what was timed, for other processes too. */
  learn(timings: ReadonlyMap<string, Timing>): void {
    this.table.add(timings);
  }

  /** What was taken since {@link restart}, sorted. */
  taken(): Readonly<Record<string, string>> {
    return Object.fromEntries([...this.used].sort(([one], [other]) => (one < other ? -1 : 1)));
  }

  /** Begins anew, with the ways that another process took. */
  restart(given: Readonly<Record<string, string>>): void {
    this.given = new Map(Object.entries(given));
    this.used.clear();
    for (const [key, way] of this.given) this.used.set(key, way);
  }
}
