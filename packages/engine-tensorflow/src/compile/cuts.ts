import type { PassMemory } from '../backend/steps';

/** A value of the forward pass. */
export interface ForwardValue {
  /** The op that makes it, by its place in the order in which ops were written down. */
  readonly made: number;
  /** The last op of the forward pass that reads it. */
  readonly last: number;
  readonly bytes: number;
  /** Whether a backward pass is likely to read it: what only additions and norms made, it does not. */
  readonly isSaved: boolean;
}

/** A forward pass in parts. */
export interface Cuts {
  readonly cuts: readonly number[];
  readonly memory: PassMemory;
}

/** Places that are looked at, for the sake of time: those with the fewest bytes alive. */
const mostPlaces = 256;
/** Gradients of a part's values that are there at a time: as many as the largest of the values, about. */
const gradients = 5;
/** With cuts, this part of the bytes has to be saved for them to be worth their time. */
const worthwhile = 0.9;

/** Values alive at a place, which were made before it and are read from there on. */
function aliveAt(values: readonly ForwardValue[], place: number): ForwardValue[] {
  return values.filter(({ made, last }) => made < place && last >= place);
}

const bytesOf = (values: readonly ForwardValue[]) => values.reduce((sum, { bytes }) => sum + bytes, 0);

/** Places with no more bytes alive than at their neighbours; of neighbours that are alike, the first. */
function narrowPlaces(values: readonly ForwardValue[], count: number): number[] {
  const change = new Float64Array(count + 1);
  for (const { made, last, bytes } of values) {
    change[made + 1]! += bytes;
    change[last + 1]! -= bytes;
  }
  const alive = new Float64Array(count + 1);
  for (let place = 1; place <= count; place++) alive[place] = alive[place - 1]! + change[place]!;
  const places: number[] = [];
  for (let place = 2; place < count; place++) {
    let next = place + 1;
    while (next < count && alive[next] === alive[place]) next++;
    const isLow = alive[place]! < alive[place - 1]! && (next === count || alive[next]! > alive[place]!);
    if (isLow && alive[place]! > 0) places.push(place);
  }
  return places
    .sort((a, b) => alive[a]! - alive[b]!)
    .slice(0, mostPlaces)
    .sort((a, b) => a - b);
}

/**
 * Where to cut a forward pass into parts, so that least is held at a time when only what is alive at the cuts is kept and
 * each part is made again for its own backward pass (Chen et al. 2016, https://arxiv.org/abs/1604.06174): the largest,
 * over the parts, of what the cuts before it keep and what is saved within it. Around a residual block one value alone is
 * alive, between levels of an encoder its output and what skips to the decoder: there the cuts fall.
 *
 * @param values  what follows from the step's examples
 * @param weights  by op, bytes of the parameters that it reads
 * @returns        the ops that parts but the first begin with, in order, none where cuts save next to nothing; and about
 *   what is held at most, in bytes, without cuts and with them
 */
export function chooseCuts(values: readonly ForwardValue[], weights: readonly number[]): Cuts {
  const count = weights.length;
  const places = [0, ...narrowPlaces(values, count), count];
  const alive = places.map((place) => aliveAt(values, place));
  const saved = new Float64Array(count + 1);
  for (const { made, bytes, isSaved } of values) if (isSaved) saved[made + 1]! += bytes;
  for (let place = 1; place <= count; place++) saved[place]! += saved[place - 1]!;
  /** Gradients of parameters that are there when the backward pass is through with a place. */
  const behind = new Float64Array(count + 1);
  for (let place = count - 1; place >= 0; place--) behind[place] = behind[place + 1]! + (weights[place] ?? 0);
  const largest = places.map((place, index) => {
    const before = places[index - 1] ?? 0;
    const between = values.filter(({ made }) => made >= before && made < place);
    return between.reduce((most, { bytes }) => Math.max(most, bytes), 0);
  });
  /** By first and last place: what a part takes while it is gone back through, and what a cut at its end keeps. */
  const parts = places.map((start, from) => {
    let most = 0;
    return places.map((end, to) => {
      if (to <= from) return { takes: 0, keeps: 0 };
      most = Math.max(most, largest[to]!);
      const takes = saved[end]! - saved[start]! + gradients * most + behind[start]!;
      return { takes, keeps: bytesOf(alive[to]!.filter(({ made }) => made >= start)) };
    });
  });
  const within = (from: number, to: number) => parts[from]![to]!.takes;

  /** The cuts that keep least, where no part may take more than a limit; null where that cannot be. */
  const cutsWithin = (limit: number): number[] | null => {
    const kept = places.map((_, index) => (index === 0 ? 0 : Number.POSITIVE_INFINITY));
    const before = places.map(() => 0);
    for (let to = 1; to < places.length; to++) {
      for (let from = to - 1; from >= 0; from--) {
        if (kept[from]! + within(from, to) > limit) continue;
        const more = parts[from]![to]!.keeps;
        if (kept[from]! + more < kept[to]!) {
          kept[to] = kept[from]! + more;
          before[to] = from;
        }
      }
    }
    if (kept.at(-1) === Number.POSITIVE_INFINITY) return null;
    const cuts: number[] = [];
    for (let at = before.at(-1)!; at > 0; at = before[at]!) cuts.unshift(places[at]!);
    return cuts;
  };

  // Without cuts, all before a place is still there when its own gradients are.
  const none = Math.max(
    ...places.slice(1).map((_, index) => saved[places[index]!]! + within(index, index + 1)),
  );
  let [low, high] = [0, none * worthwhile];
  let best = cutsWithin(high);
  for (let round = 0; best !== null && round < 20; round++) {
    const middle = (low + high) / 2;
    const cuts = cutsWithin(middle);
    if (cuts === null) low = middle;
    else [high, best] = [middle, cuts];
  }
  return { cuts: best ?? [], memory: { none, blocks: best === null ? none : high } };
}
