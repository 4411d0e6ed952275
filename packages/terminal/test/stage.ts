/** A stream that remembers, with a clock that is set by hand. */
export function stage(isTTY: boolean) {
  const texts: string[] = [];
  const clock = { now: 0 };
  const stream = { isTTY, columns: 60, write: (text: string) => texts.push(text) > 0 };
  return { texts, clock, stream, now: () => clock.now };
}
