import { dot, type Matrix, solve, sumOf, times } from './matrix';
import { reach } from './reach';

/** The integral of `x^(-power)`, and what follows it: for power 1 the logarithm. */
const utility = (x: number, power: number) => (power === 1 ? Math.log(x) : x ** (1 - power) / (1 - power));

/**
 * The positive b with `C b = k b^(-power)`, entry by entry: the minimum of the strictly convex
 * `1/2 b'Cb - sum k u(b)`, with u the integral of `b^(-power)`, by damped Newton.
 *
 * Entries differ in their natural size `k^(1 / (1 + power))`, which is where they lie for an identity C. Where one
 * would lie beyond {@link reach} of these, half the squared excess is added: `C b = k b^(-power) - excess`.
 *
 * @param matrix  C, positive semidefinite with a diagonal of ones
 * @param scales  k, above 0
 * @param power   above 0
 */
export function fairWeights(matrix: Matrix, scales: readonly number[], power: number): number[] {
  const sizes = scales.map((scale) => scale ** (1 / (1 + power)));
  const excess = (b: readonly number[]) => b.map((entry, task) => Math.max(0, entry - reach * sizes[task]!));
  const value = (b: readonly number[]) =>
    (dot(b, times(matrix, b)) + sumOf(excess(b).map((beyond) => beyond ** 2))) / 2 -
    sumOf(b.map((entry, task) => scales[task]! * utility(entry, power)));
  let b = sizes;
  for (let iteration = 0; iteration < 500; iteration++) {
    const beyond = excess(b);
    const slopes = b.map((entry, task) => scales[task]! * entry ** -power);
    const slope = times(matrix, b).map((product, task) => product - slopes[task]! + beyond[task]!);
    const step = solve(
      matrix.map((row, i) =>
        row.map((entry, j) =>
          i === j ? entry + (power * slopes[i]!) / b[i]! + Number(beyond[i]! > 0) : entry,
        ),
      ),
      slope.map((entry) => -entry),
    );
    const decrease = Math.max(0, -dot(slope, step));
    const at = (length: number) => b.map((entry, task) => entry + length * step[task]!);
    // No entry falls below a tenth of itself at once, so that all stay positive.
    let length = Math.min(1, ...b.map((entry, task) => (step[task]! < 0 ? (0.9 * entry) / -step[task]! : 1)));
    const before = value(b);
    const tolerance = 1e-14 * Math.abs(before);
    while (length > 1e-12 && !(value(at(length)) <= before - 0.01 * length * decrease + tolerance))
      length /= 2;
    b = at(length);
    if (Math.max(...step.map((entry, task) => Math.abs(entry / b[task]!))) < 1e-11) break;
  }
  return b;
}
