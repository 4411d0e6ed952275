/**
 * How long something has not changed while it was looked at, by this process's own clock: clocks of two machines are
 * never compared.
 *
 * A pause between two looks counts for no more than `longest`: where the one who looks was stopped, as a whole
 * machine can be, the other one may have been stopped with it, and needs the time to show that it goes on.
 */
export class Watch {
  private seen: { readonly state: string; readonly at: number } | null = null;
  private unchanged = 0;

  /** @param now  milliseconds of a clock that only goes forward */
  constructor(private readonly now: () => number) {}

  /**
   * @param state    what is there now
   * @param longest  milliseconds
   * @returns        milliseconds without a change; null where this look found one
   */
  look(state: string, longest: number): number | null {
    const at = this.now();
    const { seen } = this;
    this.seen = { state, at };
    if (seen === null) return 0;
    if (seen.state !== state) {
      this.unchanged = 0;
      return null;
    }
    this.unchanged += Math.min(at - seen.at, longest);
    return this.unchanged;
  }

  /** Begins anew. */
  forget(): void {
    this.seen = null;
    this.unchanged = 0;
  }
}
