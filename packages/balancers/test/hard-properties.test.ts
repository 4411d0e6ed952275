import { type Balancer, parseOptions } from '@overparam/plugin';
import { describe, expect, test } from 'vitest';
import { alignedMtl, cagrad, dbMtl, gradvac, imtlG, mgda, nashMtl, pcgrad, upgrad } from '../src';
import { combine, dot, gramianOf } from './gradients';
import { type HardProblem, hardProblems, lengthsOf } from './gramians';
import { inverseRoot, largestEigenvalue, projectionOn } from './independent';

/**
 * What each balancer is defined by, on Gramians whose gradients cancel, vanish, repeat or differ a millionfold in
 * length. Each is checked on the gradients themselves, not by the solver that found the weights. Where a bound
 * stops what has no limit, the property holds to what the docs of the balancer say.
 */
const problems = hardProblems();
const pairs = problems.filter(({ losses }) => losses.length === 2);

function solve(balancer: Balancer, { gramian, losses, key }: HardProblem, given: unknown = {}, state = {}) {
  const options = parseOptions(balancer.options, given, balancer.name);
  const present = losses.map(() => true);
  return balancer.weights({ update: 0, epoch: 0, key, losses, gramian }, present, state, options);
}

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const length = (vector: readonly number[]) => Math.sqrt(dot(vector, vector));

/** Lengths of all gradients, places of those that have one, and the sum of the weighted lengths. */
function measure(problem: HardProblem, weights: readonly number[] = []) {
  const norms = lengthsOf(problem);
  const there = norms.flatMap((norm, task) => (norm > 0 ? [task] : []));
  const size = sum(weights.map((weight, task) => Math.abs(weight) * norms[task]!));
  const cosine = (i: number, j: number) =>
    dot(problem.gradients[i]!, problem.gradients[j]!) / norms[i]! / norms[j]!;
  return { norms, there, size, cosine };
}

test('the Gramians are what they are said to be', () => {
  const kinds = new Set(problems.map(({ title }) => title.replace(/.*gradients /, '')));
  const counts = new Set(problems.map(({ losses }) => losses.length));
  const norms = problems.flatMap(lengthsOf);
  expect(kinds.size).toBe(24);
  expect([...counts].sort()).toEqual([2, 3, 4, 5]);
  expect(norms).toContain(0);
  expect(Math.max(...norms)).toBeGreaterThan(1e5);
  expect(Math.min(...norms.filter((norm) => norm > 0))).toBeLessThan(1e-5);
});

test('pcgrad: of two that conflict, each is projected on what is orthogonal to the other', () => {
  for (const problem of pairs) {
    const { gradients, title } = problem;
    const { weights } = solve(pcgrad, problem);
    const { norms, there, size } = measure(problem, weights);
    const [a, b] = gradients as [number[], number[]];
    const conflict = dot(a, b) < 0;
    const part = (from: readonly number[], of: readonly number[]) =>
      conflict ? from.map((value, k) => value - (dot(from, of) / dot(of, of)) * of[k]!) : from;
    const expected = part(a, b).map((value, k) => value + part(b, a)[k]!);
    const gap = combine(gradients, weights).map((value, k) => value - expected[k]!);
    expect(length(gap), title).toBeLessThanOrEqual(1e-12 * size);
    for (const task of there) {
      const gain = dot(gradients[task]!, combine(gradients, weights)) / norms[task]!;
      expect(gain, title).toBeGreaterThanOrEqual(-1e-12 * size);
    }
  }
});

test('gradvac: of two below the wanted cosine, each is turned to it, or grows a thousandfold', () => {
  for (const problem of pairs) {
    const { norms, there, cosine } = measure(problem);
    // Those on one line cannot be turned, only shortened.
    if (there.length < 2 || 1 - Math.abs(cosine(0, 1)) < 1e-4) continue;
    for (const goal of [-0.5, 0, 0.9, 0.999, 1 - 1e-7, 1]) {
      const state = {
        wanted: [
          [0, goal],
          [goal, 0],
        ],
      };
      const { weights } = solve(gradvac, problem, {}, state);
      for (const [own, other] of [
        [0, 1],
        [1, 0],
      ] as const) {
        const factor = weights[other]! - 1;
        if (cosine(0, 1) >= goal) {
          expect(factor).toBe(0);
          continue;
        }
        const turned = problem.gradients[own]!.map(
          (value, k) => value + factor * problem.gradients[other]![k]!,
        );
        const found = dot(turned, problem.gradients[other]!) / length(turned) / norms[other]!;
        const growth = length(turned) / norms[own]!;
        expect(growth, problem.title).toBeLessThan(1000 * (1 + 1e-9));
        // The factor comes back from a weight of 1 and more, which rounds it.
        const rounding = 1e-6 + 1e-14 / Math.abs(factor);
        if (growth < 990) expect(Math.abs(found - goal), problem.title).toBeLessThan(rounding);
        else expect(found, problem.title).toBeGreaterThan(0.999);
      }
    }
  }
});

describe('cagrad', () => {
  test.each([0.4, 0.9, 2])('the best for the worst task in a ball of %f, by weak duality', (c) => {
    for (const problem of problems) {
      const { gradients, losses, title } = problem;
      const count = losses.length;
      const { weights } = solve(cagrad, problem, { c, rescale: false });
      const { norms, there } = measure(problem);
      const mean = combine(
        gradients,
        losses.map(() => 1 / count),
      );
      const radius = c * length(mean);
      const direction = combine(gradients, weights).map((value) => value / count);
      const rounding = 1e-9 * Math.max(...norms);
      expect(length(direction.map((value, k) => value - mean[k]!)), title).toBeLessThan(
        radius * (1 + 1e-9) + rounding,
      );
      // Where the mean itself cancels there is nothing but rounding in the ball.
      if (radius < 1e-6 * Math.max(...norms)) continue;
      const pulls = there.map((task) => Math.max(0, weights[task]! / count - 1 / count));
      const share = sum(pulls);
      if (share === 0) continue;
      const w = norms.map((_, task) => (there.includes(task) ? pulls[there.indexOf(task)]! / share : 0));
      const pulled = combine(gradients, w);
      // No direction in the ball gains more than this for the worst task, whatever w is.
      const limit = dot(pulled, mean) + radius * length(pulled);
      const cancelled = length(pulled) < 1.01e-3 * sum(w.map((weight, task) => weight * norms[task]!));
      for (const task of there) {
        const lack = (limit - dot(gradients[task]!, direction)) / (radius * norms[task]!);
        expect(lack, `${title}, task ${task}`).toBeLessThan(cancelled ? 1 / 1999 : 1e-5);
      }
    }
  });

  test('a task without a gradient changes nothing for the others but the mean', () => {
    for (const problem of problems.filter(({ title }) => title.includes('zero'))) {
      const { weights } = solve(cagrad, problem, { rescale: false });
      const { norms } = measure(problem);
      weights.forEach((weight, task) => {
        if (norms[task] === 0) expect(weight, problem.title).toBe(1);
      });
    }
  });
});

test('mgda: the shortest in the hull, on which all gradients project by its length or more', () => {
  for (const problem of problems) {
    const { gradients, title } = problem;
    const { weights } = solve(mgda, problem);
    const { norms, size } = measure(problem, weights);
    const direction = combine(gradients, weights);
    expect(sum(weights)).toBeCloseTo(1, 12);
    expect(Math.min(...weights)).toBeGreaterThanOrEqual(0);
    gradients.forEach((gradient, task) => {
      const lack = dot(direction, direction) - dot(gradient, direction);
      expect(lack, title).toBeLessThanOrEqual(1e-8 * norms[task]! * size);
    });
    if (norms.length > 2 || Math.min(...norms) === 0) continue;
    // The foot of the perpendicular from 0 on the segment between two.
    const [a, b] = gradients as [number[], number[]];
    const edge = b.map((value, k) => value - a[k]!);
    const along = Math.min(1, Math.max(0, -dot(a, edge) / (dot(edge, edge) || 1)));
    const foot = a.map((value, k) => value + along * edge[k]!);
    expect(length(direction.map((value, k) => value - foot[k]!)), title).toBeLessThan(
      1e-8 * Math.max(...norms),
    );
  }
});

test('imtl-g: equal projections on all gradients, and weights of sum 1 or a thousandth of their size', () => {
  for (const problem of problems) {
    const { gradients, title } = problem;
    const { weights } = solve(imtlG, problem);
    const { norms, there, size } = measure(problem, weights);
    const direction = combine(gradients, weights);
    const projections = there.map((task) => dot(gradients[task]!, direction) / norms[task]!);
    expect(Math.max(...projections) - Math.min(...projections), title).toBeLessThan(1e-9 * size);
    const absolute = sum(weights.map(Math.abs));
    if (absolute < 999) expect(sum(weights), title).toBeCloseTo(1, 9);
    else expect(Math.abs(sum(weights)), title).toBeLessThan(1 + 1e-9);
  }
});

test('imtl-g: where the sum of the weights cancels they are bounded, and projections stay equal', () => {
  // C b = 1 has the solution (15, 15, -20): with these lengths the weights b_i / |g_i| have the sum 0.
  const height = Math.sqrt(1 - 2 * 0.7 ** 2);
  for (const tilt of [0, 1e-12, -1e-9, 1e-5, -1e-5, 0.01, -0.01]) {
    const last = (2 / 3) * (1 + tilt);
    const gradients = [
      [1, 0, 0],
      [0, 1, 0],
      [0.7 * last, 0.7 * last, height * last],
    ];
    const problem = { ...problems[0]!, gradients, losses: [1, 1, 1], gramian: gramianOf(gradients) };
    const { weights } = solve(imtlG, problem);
    const direction = combine(gradients, weights);
    const projections = gradients.map((gradient) => dot(gradient, direction) / length(gradient));
    for (const projection of projections) expect(projection / projections[0]!).toBeCloseTo(1, 9);
    const absolute = sum(weights.map(Math.abs));
    expect(absolute).toBeLessThan(1000 * (1 + 1e-9));
    expect(Math.abs(tilt) === 0.01 ? sum(weights) : absolute / 1000).toBeCloseTo(1, 9);
    // As the method is defined, all tasks are harmed where the sum of b_i / |g_i| is negative.
    if (tilt !== 0) expect(Math.sign(projections[0]!)).toBe(Math.sign(tilt));
  }
});

describe('nash-mtl', () => {
  test('C b = 1 / b, less what is above 1000', () => {
    for (const problem of problems) {
      const { title, gramian } = problem;
      const { heads } = solve(nashMtl, problem);
      const { norms, there, cosine } = measure(problem);
      const frobenius = Math.sqrt(sum(gramian.flat().map((value) => value * value)));
      const b = norms.map((norm, task) => (heads[task]! * norm) / Math.sqrt(frobenius));
      for (const i of there) {
        const lack = 1 / b[i]! - sum(there.map((j) => cosine(i, j) * b[j]!));
        expect(b[i]!, title).toBeGreaterThan(0);
        expect(b[i]!, title).toBeLessThan(1000 + there.length / 1000 + 1e-6);
        const expected = Math.max(0, b[i]! - 1000);
        expect(Math.abs(lack - expected) * b[i]!, title).toBeLessThan(1e-6 + 2e-9 * b[i]! ** 2);
      }
      if (there.length === 2) {
        const half = Math.min(1000, 1 / Math.sqrt(Math.max(0, 1 + cosine(there[0]!, there[1]!))));
        for (const i of there) expect(b[i]! / half, title).toBeCloseTo(1, 2);
      }
    }
  });

  test('the shared gradient is as long as allowed, or shorter where gradients cancel', () => {
    for (const problem of problems) {
      const { weights } = solve(nashMtl, problem);
      const found = length(combine(problem.gradients, weights));
      const lost = /cancelling|opposing|one line/.test(problem.title);
      expect(found, problem.title).toBeLessThan(1 + 1e-3);
      // The sum of two or more gradients of this length is longer than 1, where they do not cancel.
      if (!lost && Math.min(...lengthsOf(problem)) > 1)
        expect(found, problem.title).toBeGreaterThan(1 - 1e-3);
    }
  });

  test('the direction does not depend on the lengths', () => {
    for (const problem of problems) {
      const { norms } = measure(problem);
      const factors = norms.map((_, task) => 10 ** ((3 * task) % 5) / 100);
      const scaled = {
        ...problem,
        gramian: problem.gramian.map((row, i) => row.map((value, j) => value * factors[i]! * factors[j]!)),
      };
      const own = solve(nashMtl, problem).heads;
      const other = solve(nashMtl, scaled).heads.map((weight, task) => weight * factors[task]!);
      const share = (values: readonly number[]) => {
        const lengths = values.map((value, task) => value * norms[task]!);
        return lengths.map((value) => value / sum(lengths));
      };
      const gaps = share(own).map((value, task) => Math.abs(value - share(other)[task]!));
      expect(Math.max(...gaps), problem.title).toBeLessThan(1e-4);
    }
  });
});

test('aligned-mtl: M^(-1/2) 1 times the root of the smallest eigenvalue', () => {
  let compared = 0;
  for (const problem of problems) {
    const { weights } = solve(alignedMtl, problem);
    const { norms } = measure(problem);
    if (Math.max(...norms) > 100 * Math.min(...norms)) continue;
    const root = inverseRoot(problem.gramian);
    const squared = root.map((row) => combine(root, row));
    const smallest = 1 / largestEigenvalue(squared);
    // Eigenvalues that are nearly 0 are left out by the method, and the iteration does not reach them.
    if (!(smallest > 1e-5 * Math.max(...norms) ** 2)) continue;
    compared++;
    root.forEach((row, task) => {
      expect(weights[task]!, problem.title).toBeCloseTo(Math.sqrt(smallest) * sum(row), 6);
    });
  }
  expect(compared).toBeGreaterThan(problems.length / 20);
});

test('aligned-mtl: gradients on one line are one component, and keep their length', () => {
  for (const problem of problems.filter(({ title }) => title.includes('one line'))) {
    const { norms } = measure(problem);
    const [first] = problem.gradients as [number[]];
    const signs = problem.gradients.map((row) => Math.sign(dot(row, first)));
    const whole = length(norms);
    // V is the lengths with their signs, of length 1.
    const along = sum(norms.map((norm, task) => (signs[task]! * norm) / whole));
    const { weights } = solve(alignedMtl, problem);
    norms.forEach((norm, task) => {
      expect(weights[task]!, problem.title).toBeCloseTo((along * signs[task]! * norm) / whole, 6);
    });
  }
});

describe('upgrad', () => {
  test('no task is harmed by more than a 4000th of the mean length', () => {
    for (const problem of problems) {
      const { gradients, title } = problem;
      const { weights } = solve(upgrad, problem);
      const { norms, there, size } = measure(problem, weights);
      const mean = sum(norms) / norms.length;
      const direction = combine(gradients, weights);
      // Only gradients that nearly cancel have a factor of 1000 somewhere.
      const bounded = Math.max(...norms.map((norm, task) => weights[task]! * norm)) > Math.min(...norms);
      for (const task of there) {
        const harm = -dot(gradients[task]!, direction) / norms[task]!;
        expect(harm, title).toBeLessThan(mean / 4000);
        if (!bounded) expect(harm, title).toBeLessThan(1e-9 * size);
      }
    }
  });

  test('the mean of the projections, each found by all faces of the cone', () => {
    for (const problem of problems.filter(({ title }) => !title.includes('nearly'))) {
      const { gradients, title } = problem;
      const { weights } = solve(upgrad, problem);
      const { norms, there } = measure(problem);
      const given = there.map((task) => gradients[task]!);
      const expected = combine(
        given.map((gradient) => projectionOn(given, gradient)),
        given.map(() => 1 / norms.length),
      );
      const gap = combine(gradients, weights).map((value, k) => value - expected[k]!);
      expect(length(gap), title).toBeLessThan((1e-6 * sum(norms)) / norms.length);
    }
  });
});

test('db-mtl: weighted gradients of logarithms are as long as the longest', () => {
  for (const problem of problems) {
    const { weights } = solve(dbMtl, problem, { beta: 0 });
    const { norms, there } = measure(problem);
    const logarithmic = norms.map((norm, task) => norm / (problem.losses[task]! + 1e-8));
    const longest = Math.max(...logarithmic);
    for (const task of there) {
      const own = logarithmic[task]!;
      const expected = (longest * own) / (own + 1e-8);
      expect((weights[task]! * norms[task]!) / expected, problem.title).toBeCloseTo(1, 9);
    }
  }
});
