import type { Answer, Loaded } from './engine';
import type { PageNetwork } from './network-page';

/** Rounding stays far below it; places of maxima may move in a pixel or two. */
const limit = 1e-3;

/** A picture of waves, the same in every browser. */
function probe({ shape }: PageNetwork): Float32Array {
  const size = shape.reduce((product, side) => product * side, 1);
  return Float32Array.from(
    { length: size },
    (_, index) => Math.sin(index * 0.37) + 0.5 * Math.sin(index * 0.0113),
  );
}

/** max|difference| / max|value|, without the farthest thousandth of numbers where there are as many. */
function gapOf(found: Answer, wanted: Answer): number {
  if (found.values.length !== wanted.values.length) return Number.POSITIVE_INFINITY;
  const most = wanted.values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1e-12);
  const differences = found.values.map((value, index) => Math.abs(value - wanted.values[index]!)).sort();
  const gap = differences[differences.length - 1 - Math.floor(differences.length / 1000)]!;
  return gap / most;
}

/**
 * Compares an engine with another on one picture of waves, all networks and outputs.
 *
 * @returns the largest gap
 * @throws Error where they compute different things
 */
export async function compareEngines(
  networks: readonly PageNetwork[],
  found: Loaded,
  wanted: Loaded,
): Promise<number> {
  let gap = 0;
  for (const [index, network] of networks.entries()) {
    const input = probe(network);
    const [a, b] = [await found.run(index, input), await wanted.run(index, input)];
    gap = Math.max(gap, ...a.map((answer, output) => gapOf(answer, b[output]!)));
  }
  if (!(gap <= limit))
    throw new Error(
      `${found.description} computes something else than ${wanted.description} on this device: a gap of ${gap.toExponential(1)}, at most ${limit} expected.`,
    );
  return gap;
}
