import { expect, test } from 'vitest';
import { chooseCuts, type ForwardValue } from '../src/compile/cuts';

/** Small integers that look like chance, the same at each run. */
function* integers(seed: number): Generator<number, never> {
  let state = seed;
  for (;;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state >>> 16;
  }
}

/** A residual network of `blocks` blocks with `inner` values in each; every value has the same size. */
function blocksOf(blocks: number, inner: number, bytes: number): ForwardValue[] {
  const values: ForwardValue[] = [];
  for (let block = 0; block < blocks; block++) {
    const first = block * (inner + 1);
    // The block's input is read by its first op and by the addition at its end.
    values.push({ made: first, last: first + inner + 1, bytes, isSaved: true });
    for (let place = 1; place <= inner; place++) {
      values.push({ made: first + place, last: first + place + 1, bytes, isSaved: true });
    }
  }
  values.push({ made: blocks * (inner + 1), last: blocks * (inner + 1), bytes, isSaved: true });
  return values;
}

const none = (values: readonly ForwardValue[]) => values.map(() => 0);

/** What is held at most with given cuts, straight from the definition. */
function peakOf(
  values: readonly ForwardValue[],
  weights: readonly number[],
  cuts: readonly number[],
): number {
  const places = [0, ...cuts, weights.length];
  let peak = 0;
  for (let part = 1; part < places.length; part++) {
    const [from, to] = [places[part - 1]!, places[part]!];
    let held = 0;
    let largest = 0;
    for (const { made, last, bytes, isSaved } of values) {
      const within = made >= from && made < to;
      if (within && isSaved) held += bytes;
      if (within) largest = Math.max(largest, bytes);
      if (cuts.some((cut) => cut <= from && made < cut && last >= cut)) held += bytes;
    }
    for (let op = from; op < weights.length; op++) held += weights[op]!;
    peak = Math.max(peak, held + 5 * largest);
  }
  return peak;
}

/** All choices of some of the cuts, none of them included. */
function subsetsOf(cuts: readonly number[]): number[][] {
  return cuts.reduce<number[][]>((sets, cut) => sets.flatMap((set) => [set, [...set, cut]]), [[]]);
}

test('blocks of a residual network are cut between, and the peak falls with the root of their number', () => {
  const peaks = [4, 16, 64].map((blocks) => {
    const values = blocksOf(blocks, 6, 1000);
    const { cuts, memory } = chooseCuts(values, none(values));
    // One value alone is alive where a block has just ended.
    for (const cut of cuts) expect(cut % 7).toBe(1);
    return memory.blocks;
  });
  // sqrt(4) more blocks in each part and as many more cuts: about twice for four times the depth.
  expect(peaks[2]! / peaks[1]!).toBeGreaterThan(1.5);
  expect(peaks[2]! / peaks[1]!).toBeLessThan(2.5);
});

test('without cuts everything that is saved is held, and five gradients of the last part', () => {
  const values = blocksOf(16, 6, 1000);
  expect(chooseCuts(values, none(values)).memory.none).toBe(values.length * 1000 + 5 * 1000);
});

test('the memory is that of the cuts, by the definition, and leaving out any of them would take more', () => {
  let cutNetworks = 0;
  for (let seed = 1; seed <= 200; seed++) {
    const next = integers(seed);
    const draw = (below: number) => next.next().value % below;
    const count = 6 + draw(6);
    const values: ForwardValue[] = Array.from({ length: count }, (_, made) => ({
      made,
      last: Math.min(count - 1, made + (draw(4) === 0 ? 1 + draw(4) : 1)),
      bytes: 1 + draw(100),
      isSaved: draw(3) > 0,
    }));
    const weights = values.map(() => draw(20));
    const { cuts, memory } = chooseCuts(values, weights);
    if (cuts.length === 0) {
      expect(memory.blocks).toBe(memory.none);
      continue;
    }
    cutNetworks += 1;
    const peak = peakOf(values, weights, cuts);
    // The limit is found by halving, so it is met, and not by more than what twenty halvings leave.
    expect(peak, `seed ${seed}`).toBeLessThanOrEqual(memory.blocks * (1 + 1e-9));
    for (const fewer of subsetsOf(cuts)) {
      const other = peakOf(values, weights, fewer);
      expect(peak, `seed ${seed}, cuts ${cuts} against ${fewer}`).toBeLessThanOrEqual(other * (1 + 1e-5));
    }
  }
  expect(cutNetworks).toBeGreaterThan(20);
});
