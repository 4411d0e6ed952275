import { foldKey, keyFromSeed } from '@overparam/engine';
import type { Balancer, BalancerInputs, BalancerNeed, BalancerSetup, BalancerState } from '../contracts';
import { parseOptions } from '../options';
import { checkProperties } from './balancer-properties';
import { testPart } from './part';
import { type DefineTest, ensure, patient } from './runner';

/** What {@link testBalancer} is told. */
export interface BalancerKit {
  /** vitest's `test`. */
  readonly test: DefineTest;
  /**
   * Options to test with, each a set of its own, for tasks named `first`, `second` and so on; the defaults
   * where left out.
   */
  readonly options?: readonly unknown[];
  /** How many tasks; 1 and 3 where left out. */
  readonly tasks?: readonly number[];
}

const names = ['first', 'second', 'third', 'fourth', 'fifth'];
const known: readonly BalancerNeed[] = [
  'losses',
  'gramian',
  'averagedGradients',
  'secondBatch',
  'elements',
  'lossesAfterStep',
];

/**
 * The conformance kit of the contract `Balancer`: pure functions of finite numbers whose state survives
 * JSON, which leave absent tasks alone, take gradients of no length, and do not learn from numbers that are
 * not finite. What it declares of its combined gradient is held against some hundred problems with 2 tasks and more, among
 * those of `tasks`: they must not contradict what it claims, and one must contradict what it does not claim.
 */
export function testBalancer(balancer: Balancer, kit: BalancerKit): void {
  const test = patient(kit.test);
  const { options = [{}], tasks = [1, 3] } = kit;
  testPart(test, 'balancer', balancer);
  for (const given of options) {
    for (const count of tasks) {
      const title = `${balancer.name} ${JSON.stringify(given)}, ${count} tasks`;
      const parsed = () => parseOptions(balancer.options, given, balancer.name);
      const setup: BalancerSetup = { tasks: names.slice(0, count), gradients: 'parameters' };
      const trial = () => new Trial(balancer, parsed(), setup);
      test(`${title}: declares what it needs`, () => checkNeeds(balancer, parsed(), setup));
      test(`${title}: weighs by this step's losses only where it needs them`, () =>
        checkForesight(trial, balancer.needs(parsed())));
      test(`${title}: goes on from a state that went through JSON`, () => checkResumption(trial));
      test(`${title}: leaves absent tasks and their state alone`, () => checkAbsence(trial, count));
      test(`${title}: takes gradients of no length`, () => checkZeros(trial, count));
      test(`${title}: does not learn from numbers that are not finite`, () => checkNonFinite(trial, count));
    }
    test(`${balancer.name} ${JSON.stringify(given)}: has the properties that it declares, and no others`, () =>
      checkProperties(balancer, parseOptions(balancer.options, given, balancer.name), tasks));
  }
}

/** A balancer in use: some updates on made-up numbers. */
class Trial {
  state: BalancerState;
  constructor(
    private readonly balancer: Balancer,
    private readonly options: unknown,
    private readonly setup: BalancerSetup,
  ) {
    this.state = balancer.initialise(setup.tasks, options);
  }

  /** One update; gives the weights and the heads' factors. */
  step(update: number, change: Partial<BalancerInputs> = {}, present = this.setup.tasks.map(() => true)) {
    const inputs = deepFreeze({ ...inputsAt(update, this.setup.tasks.length), ...change });
    const before = deepFreeze(this.state);
    const first = this.balancer.weights(inputs, present, before, this.options);
    const second = this.balancer.weights(inputs, present, before, this.options);
    ensure(JSON.stringify(first) === JSON.stringify(second), 'two calls with the same inputs differ');
    for (const values of [first.weights, first.heads])
      ensure(values.length === present.length, `${values.length} numbers for ${present.length} tasks`);
    const after = inputs.losses.map((loss, task) => loss * (0.9 - 0.02 * task));
    this.state =
      this.balancer.afterStep?.(inputs.losses, after, present, deepFreeze(first.state), this.options) ??
      first.state;
    ensureFinite(this.state);
    return [...first.weights, ...first.heads];
  }
}

/** Losses, a Gramian of full rank and products with a second batch's gradients, different at every update. */
function inputsAt(update: number, count: number): BalancerInputs {
  const gradientsOf = (batch: number) =>
    Array.from({ length: count }, (_, task) =>
      Array.from(
        { length: count + 3 },
        (_, k) => Math.sin((1 + 3 * task) * (1 + k) + (k + update) ** 2 + 0.5 * batch) * (1 + task),
      ),
    );
  const gradients = gradientsOf(0);
  const products = (others: readonly number[][]) =>
    gradients.map((a) => others.map((b) => a.reduce((sum, value, k) => sum + value * b[k]!, 0)));
  return {
    update,
    epoch: Math.floor(update / 3),
    key: foldKey(keyFromSeed(5), update),
    losses: gradients.map((_, task) => 0.5 + task + 0.2 * Math.cos(update + task)),
    gramian: products(gradients),
    crossGramian: products(gradientsOf(1)),
  };
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value);
    for (const child of Object.values(value)) deepFreeze(child);
  }
  return value;
}

function ensureFinite(state: BalancerState): void {
  const walk = (value: unknown, path: string): void => {
    if (Array.isArray(value)) for (const [index, child] of value.entries()) walk(child, `${path}[${index}]`);
    else ensure(Number.isFinite(value), `${path} is ${String(value)}, not a finite number`);
  };
  for (const [name, value] of Object.entries(state)) walk(value, `state.${name}`);
}

function checkNeeds(balancer: Balancer, options: unknown, setup: BalancerSetup): void {
  const needs = balancer.needs(options);
  for (const need of needs) ensure(known.includes(need), `it needs "${need}", which no training loop gives`);
  ensure(
    !needs.includes('lossesAfterStep') || balancer.afterStep !== undefined,
    'it needs losses after the step, but has no afterStep',
  );
  if (needs.includes('averagedGradients')) {
    ensure(balancer.averaging !== undefined, 'it needs averaged gradients, but has no averaging');
    for (const update of [0, 1, 1000]) {
      const { decay } = balancer.averaging(update, options);
      ensure(decay >= 0 && decay < 1, `the average's decay at update ${update} is ${decay}`);
    }
  }
  ensure(
    !needs.includes('elements') || balancer.elementFactors !== undefined,
    'it needs elements of gradients, but has no elementFactors',
  );
  const verdict = balancer.supports(setup, options);
  ensure(verdict === true, `it refuses a plain setup: ${verdict}`);
}

function checkForesight(trial: () => Trial, needs: readonly BalancerNeed[]): void {
  if (
    ['losses', 'gramian', 'averagedGradients', 'secondBatch'].some((need) =>
      needs.includes(need as BalancerNeed),
    )
  )
    return;
  for (let updates = 0; updates < 8; updates++) {
    const [one, other] = [trial(), trial()];
    for (let update = 0; update < updates; update++) for (const used of [one, other]) used.step(update);
    const expected = one.step(updates);
    const changed = inputsAt(updates, expected.length / 2).losses.map((loss, task) => 3 * loss + task);
    ensure(
      JSON.stringify(
        other.step(updates, { losses: changed, gramian: undefined, crossGramian: undefined }),
      ) === JSON.stringify(expected),
      `at update ${updates} its weights follow from losses or a Gramian that it has not asked for`,
    );
  }
}

function checkResumption(trial: () => Trial): void {
  const whole = trial();
  const parts = trial();
  for (let update = 0; update < 12; update++) {
    const expected = whole.step(update);
    ensure(expected.every(Number.isFinite), `weights at update ${update} are ${expected}`);
    parts.state = JSON.parse(JSON.stringify(parts.state));
    ensure(JSON.stringify(parts.step(update)) === JSON.stringify(expected), `update ${update} differs`);
  }
}

function checkAbsence(trial: () => Trial, count: number): void {
  const used = trial();
  for (let update = 0; update < 4; update++) used.step(update);
  const all = Array.from({ length: count }, () => true);
  const none = all.map(() => false);
  const before = JSON.stringify(used.state);
  ensure(
    used.step(4, {}, none).every((value) => value === 0),
    'without any task not all weights are 0',
  );
  ensure(JSON.stringify(used.state) === before, 'without any task the state changes');
  const absent = all.map((_, task) => task !== count - 1);
  const { losses, gramian, crossGramian } = inputsAt(5, count);
  const last = count - 1;
  const withoutLast = (matrix: readonly (readonly number[])[]) =>
    matrix.map((row, i) => row.map((value, j) => (i === last || j === last ? Number.NaN : value)));
  const hidden = {
    losses: losses.map((loss, task) => (task === last ? Number.NaN : loss)),
    gramian: withoutLast(gramian!),
    crossGramian: withoutLast(crossGramian!),
  };
  const values = used.step(5, hidden, absent);
  ensure(values.every(Number.isFinite), `it reads an absent task's numbers: weights are ${values}`);
  ensure(values[last] === 0 && values[count + last] === 0, 'an absent task has a weight');
  ensure(used.step(6).every(Number.isFinite), 'a task that comes back has no weight');
}

function checkZeros(trial: () => Trial, count: number): void {
  const { gramian } = inputsAt(1, count);
  const allZero = gramian!.map((row) => row.map(() => 0));
  const oneZero = gramian!.map((row, i) => row.map((value, j) => (i === 0 || j === 0 ? 0 : value)));
  const equalOnes = gramian!.map((row) => row.map(() => 1));
  const opposed = gramian!.map((row, i) => row.map((_, j) => (-1) ** (i + j)));
  for (const [name, degenerate] of Object.entries({ allZero, oneZero, equalOnes, opposed })) {
    const values = trial().step(1, { gramian: degenerate, crossGramian: degenerate });
    ensure(values.every(Number.isFinite), `gradients ${name}: weights are ${values}`);
  }
  const values = trial().step(1, { losses: allZero[0] });
  ensure(values.every(Number.isFinite), `losses of 0: weights are ${values}`);
}

function checkNonFinite(trial: () => Trial, count: number): void {
  const used = trial();
  used.step(0);
  const { losses } = inputsAt(1, count);
  for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const before = JSON.stringify(used.state);
    const values = used.step(1, { losses: losses.map((loss, task) => (task === 0 ? wrong : loss)) });
    ensure(values.every(Number.isNaN), `a loss of ${wrong} gives weights ${values}, not NaN`);
    ensure(JSON.stringify(used.state) === before, `a loss of ${wrong} changes the state`);
  }
}
