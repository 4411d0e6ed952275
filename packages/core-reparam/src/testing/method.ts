import {
  convolution,
  foldKey,
  inferenceBatchNorm,
  type Key,
  keyFromSeed,
  normalTensor,
  uniformTensor,
} from '@overparam/engine';
import type { Expansion, Method, PlainWeights, Site, Tensors } from '@overparam/plugin';
import { checkOptions, parseOptions, registered, registerPlugin } from '@overparam/plugin';
import { type DefineTest, ensure, patient } from '@overparam/plugin/testing';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { gapBetween } from '../closeness';
import { collapse } from '../collapse';
import { expand } from '../expand';
import { forward } from '../forward';
import { statesOf } from '../network/parameters';
import { checkRules, checkVerdict } from './rules';
import { allCases, denseSite, disposePlain, imagesFor, otherSites, plainWeightsFor, siteFor } from './sites';

/** What {@link testMethod} is told. */
export interface MethodKit {
  /** vitest's `test`. */
  readonly test: DefineTest;
  /** Options to test with, each a set of its own; the defaults where left out. */
  readonly options?: readonly unknown[];
  /** Decides all that is random. */
  readonly seed?: number;
  /** Updates before the collapse gap is measured; 30 where left out. */
  readonly updates?: number;
  /** Most sites, an even choice of all that are supported, that a check looks at; all where left out. */
  readonly sites?: number;
}

/**
 * The conformance kit of the contract `Method`: initialisation, preservation, collapse gap over every
 * supported kernel, gradients, decay, running statistics, tensors, and use in a network.
 *
 * The current tfjs backend is used; it must be able to differentiate convolutions.
 *
 * @example
 * testMethod(myMethod, { test, options: [{}, { rank: 4 }] });
 */
export function testMethod(method: Method, kit: MethodKit): void {
  const test = patient(kit.test);
  const { options = [{}], seed = 1, updates = 30, sites = Number.POSITIVE_INFINITY } = kit;
  const key = keyFromSeed(seed);
  test(`${method.name}: says who it is and accepts its own defaults`, () => {
    ensure(
      method.apiVersion === 1 && method.name.length > 0 && method.summary.length > 0,
      'name or summary is missing',
    );
    ensure(!method.summary.includes('\n'), 'its summary is of several lines, and lists show one');
    const parsed = parseOptions(method.options, {}, method.name) as { start?: unknown };
    ensure(
      parsed.start === 'fresh' || parsed.start === 'preserve',
      'options have no start: fresh | preserve',
    );
    for (const [name, { summary, options: changed }] of Object.entries(method.controls ?? {})) {
      ensure(summary.length > 0, `the control "${name}" has no summary`);
      parseOptions(method.options, changed, `${method.name}, control "${name}"`);
    }
  });
  for (const given of options) {
    const label = `${method.name} ${JSON.stringify(given)}`;
    const cases = sample(supportedSites(method, given), sites);
    test(`${label}: supports at least one site`, () =>
      ensure(cases.length > 0, 'no case of the kit is supported'));
    test(`${label}: says true or why not, and keeps to the rules for methods`, async () => {
      const parsed = parseOptions(method.options, given, method.name);
      for (const site of allSites(method)) checkVerdict(method, site, parsed);
      for (const { site } of sample(cases, 8)) await checkRules({ method, options: parsed, site }, key);
    });
    test(`${label}: first values have the declared shapes and follow from the key`, () =>
      checkInitialisation(cases, key));
    test(`${label}: collapse is exact after ${updates} updates`, () => checkCollapse(cases, key, updates));
    test(`${label}: gradients are those of finite differences`, () => checkGradients(cases, key));
    test(`${label}: inference changes no statistics`, () => checkStatistics(cases, key));
    test(`${label}: decay is one half of a sum of squares with its gradient`, () => checkDecay(cases, key));
    test(`${label}: parts, where it tells them, add up to the kernel`, () => checkParts(cases, key));
    test(`${label}: a network with it expands, saves, loads and collapses`, () =>
      checkNetwork(method, given, key));
    const preserving = sample(supportedSites(method, { ...(given as object), start: 'preserve' }), sites);
    test(`${label}: start preserve begins as the given layer`, () => checkPreservation(preserving, key));
  }
}

interface SupportedSite {
  readonly site: Site;
  readonly make: () => Expansion;
}

function supportedSites(method: Method, given: unknown): SupportedSite[] {
  const { options, problems } = checkOptions(method.options, given);
  if (problems) return [];
  return allSites(method)
    .filter((site) => method.supports(site, options) === true)
    .map((site) => ({ site, make: () => method.expand(site, options) }));
}

/** Sites of the kinds that a method is asked about. */
function allSites({ kinds = ['conv2d', 'dense'] }: Method): Site[] {
  const sites = [...allCases().map(siteFor), denseSite(true), denseSite(false), ...otherSites()];
  return sites.filter(({ kind }) => kinds.includes(kind));
}

/** A prepared expansion, used and cleaned up. */
function withExpansion(
  { site, make }: SupportedSite,
  key: Key,
  use: (expansion: Expansion, parameters: Tensors, state: Tensors, plain: PlainWeights) => void,
): void {
  tf.tidy(() => {
    const expansion = make();
    const plain = plainWeightsFor(site, foldKey(key, 'plain'));
    const values: Record<string, Tensor> = { ...expansion.initialise(plain, foldKey(key, 'expansion')) };
    // What follows a routine's plan is where the plan ends.
    for (const { name, follows } of expansion.state) if (follows) values[name] = tf.onesLike(values[name]!);
    const pick = (specs: readonly { name: string }[]) =>
      Object.fromEntries(specs.map(({ name }) => [name, values[name]!])) as Tensors;
    use(expansion, pick(expansion.parameters), pick(expansion.state), plain);
    disposePlain(plain);
  });
}

function describeSite(site: Site): string {
  return JSON.stringify({
    kernel: site.kernelShape,
    strides: site.strides,
    dilation: site.dilation,
    padding: site.padding,
    bias: site.bias,
    norm: !!site.norm,
  });
}

function checkInitialisation(cases: readonly SupportedSite[], key: Key): void {
  const before = tf.memory().numTensors;
  for (const entry of sample(cases, 12)) {
    withExpansion(entry, key, (expansion, parameters, state, plain) => {
      const all = { ...parameters, ...state };
      const again = expansion.initialise(plain, foldKey(key, 'expansion'));
      for (const { name, shape } of [...expansion.parameters, ...expansion.state]) {
        const value = all[name];
        ensure(value !== undefined, `initialise gives no "${name}"`);
        ensure(value.shape.join() === shape.join(), `"${name}" is [${value.shape}], declared [${shape}]`);
        const follows = expansion.state.some((state) => state.name === name && state.follows);
        ensure(
          follows || gapBetween(again[name]!, value) === 0,
          `"${name}" differs between two calls with one key`,
        );
      }
      const names = expansion.parameters.map((parameter) => parameter.name);
      ensure(new Set(names).size === names.length, 'two parameters share a name');
    });
  }
  ensure(tf.memory().numTensors === before, `${tf.memory().numTensors - before} tensors are left over`);
}

/** Training passes that move running statistics, with every parameter pushed at random in between. */
function train(site: Site, expansion: Expansion, start: Tensors, first: Tensors, key: Key, updates: number) {
  let parameters = start;
  let state = first;
  for (let update = 0; update < updates; update++) {
    const pushed = Object.entries(parameters).map(([name, value]) => [
      name,
      value.add(uniformTensor(foldKey(key, name, update), value.shape, -0.05, 0.05)),
    ]);
    parameters = Object.fromEntries(pushed) as Tensors;
    if (expansion.state.length === 0) continue;
    const x = imagesFor(site, 2, foldKey(key, 'images', update));
    const context = { mode: 'train', task: null, updateStatistics: true } as const;
    state = { ...state, ...expansion.forward(x, parameters, state, context).state };
  }
  return { parameters, state };
}

const inference = { mode: 'infer', task: null, updateStatistics: false } as const;

function runCollapsed(x: Tensor4D, expansion: Expansion, parameters: Tensors, state: Tensors): Tensor4D {
  return expansion.collapse(parameters, state).reduce((image, layer) => {
    const y = convolution(image, layer.kernel, layer);
    return layer.bias ? y.add(layer.bias) : y;
  }, x);
}

function checkCollapse(cases: readonly SupportedSite[], key: Key, updates: number): void {
  const gaps: number[] = [];
  for (const entry of cases) {
    withExpansion(entry, key, (expansion, parameters, state) => {
      const trained = train(entry.site, expansion, parameters, state, foldKey(key, 'train'), updates);
      const x = imagesFor(entry.site, 2, foldKey(key, 'probe'));
      const reference = expansion.forward(x, trained.parameters, trained.state, inference).y;
      const gap = gapBetween(runCollapsed(x, expansion, trained.parameters, trained.state), reference);
      ensure(
        gap <= 1e-4,
        `collapse gap ${gap.toExponential(1)} (expected at most 1e-4) at ${describeSite(entry.site)}`,
      );
      gaps.push(gap);
    });
  }
  const median = gaps.sort((a, b) => a - b)[Math.floor(gaps.length / 2)]!;
  ensure(median <= 1e-5, `median collapse gap ${median.toExponential(1)} (expected at most 1e-5)`);
}

function checkPreservation(cases: readonly SupportedSite[], key: Key): void {
  for (const entry of cases) {
    withExpansion(entry, key, (expansion, parameters, state, plain) => {
      const x = imagesFor(entry.site, 2, foldKey(key, 'probe'));
      const linear = convolution(x, plain.kernel, entry.site);
      const biased = plain.bias ? linear.add<Tensor4D>(plain.bias) : linear;
      const { norm } = plain;
      const wanted =
        expansion.takesNorm && norm
          ? inferenceBatchNorm(
              biased,
              norm.gamma,
              norm.beta,
              norm.mean,
              norm.variance,
              entry.site.norm!.epsilon,
            )
          : biased;
      const gap = gapBetween(expansion.forward(x, parameters, state, inference).y, wanted);
      ensure(
        gap <= 1e-5,
        `begins ${gap.toExponential(1)} away from the given layer at ${describeSite(entry.site)}`,
      );
    });
  }
}

function checkGradients(cases: readonly SupportedSite[], key: Key): void {
  for (const entry of sample(cases, 6)) {
    withExpansion(entry, key, (expansion, start, state) => {
      const { parameters } = train(entry.site, expansion, start, state, foldKey(key, 'gradients'), 1);
      const x = imagesFor(entry.site, 2, foldKey(key, 'probe'));
      const names = Object.keys(parameters);
      const context = { mode: 'train', task: null, updateStatistics: false } as const;
      const y = expansion.forward(x, parameters, state, context).y;
      const weights = normalTensor(foldKey(key, 'direction'), y.shape, 0, 1);
      const loss = (...values: Tensor[]) => {
        const named = Object.fromEntries(names.map((name, index) => [name, values[index]!]));
        return expansion.forward(x, named, state, context).y.mul(weights).mean().asScalar();
      };
      const values = names.map((name) => parameters[name]!);
      const gradients = tf.grads(loss)(values);
      const step = 1e-2;
      for (const [index, name] of names.entries()) {
        const direction = normalTensor(foldKey(key, 'step', name), values[index]!.shape, 0, 1);
        const at = (amount: number) =>
          loss(
            ...values.map((value, i) => (i === index ? value.add(direction.mul(amount)) : value)),
          ).dataSync()[0]!;
        const central = (size: number) => (at(size) - at(-size)) / (2 * size);
        // Richardson's extrapolation: a norm over few pixels curves too much for one step width.
        const numeric = (4 * central(step / 2) - central(step)) / 3;
        const exact = gradients[index]!.mul(direction).sum().dataSync()[0]!;
        const scale = Math.max(Math.abs(numeric), Math.abs(exact), 0.02);
        const error = Math.abs(numeric - exact) / scale;
        ensure(
          error < 0.05,
          `gradient of "${name}" is ${exact}, finite differences say ${numeric}, at ${describeSite(entry.site)}`,
        );
      }
    });
  }
}

function checkStatistics(cases: readonly SupportedSite[], key: Key): void {
  for (const entry of sample(cases, 6)) {
    withExpansion(entry, key, (expansion, parameters, state) => {
      const x = imagesFor(entry.site, 2, foldKey(key, 'probe'));
      const changed = (mode: 'train' | 'infer', updateStatistics: boolean) =>
        Object.keys(expansion.forward(x, parameters, state, { mode, task: null, updateStatistics }).state);
      ensure(changed('infer', true).length === 0, 'inference changes state');
      ensure(changed('train', false).length === 0, 'training without updateStatistics changes state');
      const known = new Set(expansion.state.map(({ name }) => name));
      for (const name of changed('train', true))
        ensure(known.has(name), `training changes undeclared state "${name}"`);
    });
  }
}

function checkDecay(cases: readonly SupportedSite[], key: Key): void {
  for (const entry of sample(cases, 4)) {
    withExpansion(entry, key, (expansion, parameters, state) => {
      const names = new Set(expansion.parameters.map(({ name }) => name));
      for (const name of expansion.decayCovers ?? [])
        ensure(names.has(name), `decay covers unknown "${name}"`);
      const own = expansion.regulariser?.(parameters, state).dataSync()[0] ?? 0;
      ensure(Number.isFinite(own) && own >= 0, `the method's own penalty is ${own} (expected 0 or more)`);
      if (!expansion.decay) return;
      const penalty = expansion.decay(parameters, state).penalty.dataSync()[0]!;
      ensure(Number.isFinite(penalty) && penalty >= 0, `the penalty is ${penalty} (expected 0 or more)`);
      const covered = new Set(expansion.decayCovers);
      const zeroed = Object.entries(parameters).map(([name, value]) => [
        name,
        covered.has(name) ? tf.zerosLike(value) : value,
      ]);
      const nothing = expansion.decay(Object.fromEntries(zeroed) as Tensors, state).penalty.dataSync()[0]!;
      ensure(
        covered.size > 0 && nothing < penalty,
        'the penalty does not fall when all that it covers is zero',
      );
      checkPenaltyGradient(expansion, parameters, state, key);
      checkPenaltyOfPass(entry.site, expansion, parameters, state, key);
    });
  }
}

/** What records of training compare must be what the layer computes. */
function checkParts(cases: readonly SupportedSite[], key: Key): void {
  for (const entry of sample(cases, 8)) {
    withExpansion(entry, key, (expansion, parameters, state) => {
      const parts = expansion.parts?.(parameters, state);
      if (!parts) return;
      const sum = tf.addN(Object.values(parts));
      const [first, ...more] = expansion.collapse(parameters, state, null);
      ensure(more.length === 0, 'it tells parts of one kernel and collapses to a sequence');
      const gap = gapBetween(sum, first!.kernel);
      ensure(gap <= 1e-5, `parts add up to the kernel but for ${gap}, on ${describeSite(entry.site)}`);
    });
  }
}

/** The penalty of the kernel that a pass has composed must be the penalty itself, gradients included. */
function checkPenaltyOfPass(
  site: Site,
  expansion: Expansion,
  parameters: Tensors,
  state: Tensors,
  key: Key,
): void {
  const x = imagesFor(site, 2, foldKey(key, 'probe'));
  const context = { mode: 'train', task: null, updateStatistics: false } as const;
  const composed = (given: Tensors) => expansion.forward(x, given, state, context).composed;
  if (!composed(parameters)) return;
  for (const name of expansion.decayCovers ?? []) {
    const [mine, theirs] = [true, false].map((passed) =>
      tf.valueAndGrad((value: Tensor) => {
        const given = { ...parameters, [name]: value };
        return expansion.decay!(given, state, passed ? composed(given) : undefined).penalty.asScalar();
      })(parameters[name]!),
    );
    const size = theirs!.grad.abs().max().dataSync()[0]!;
    const distance = mine!.grad.sub(theirs!.grad).abs().max().dataSync()[0]!;
    const values = [mine!, theirs!].map(({ value }) => value.dataSync()[0]!);
    ensure(
      Math.abs(values[0]! - values[1]!) <= 1e-5 * values[1]! && distance <= 1e-5 * size,
      `the penalty of the kernel that a pass composed differs from decay's in its value or its gradient of "${name}"`,
    );
  }
}

function checkPenaltyGradient(expansion: Expansion, parameters: Tensors, state: Tensors, key: Key): void {
  for (const name of expansion.decayCovers ?? []) {
    const value = parameters[name]!;
    const penalty = (x: Tensor) => expansion.decay!({ ...parameters, [name]: x }, state).penalty.asScalar();
    const direction = normalTensor(foldKey(key, 'penalty', name), value.shape, 0, 1);
    const at = (amount: number) => penalty(value.add(direction.mul(amount))).dataSync()[0]!;
    const numeric = (at(1e-2) - at(-1e-2)) / 2e-2;
    const exact = tf.grad(penalty)(value).mul(direction).sum().dataSync()[0]!;
    const error = Math.abs(numeric - exact) / Math.max(Math.abs(numeric), Math.abs(exact), 0.1);
    ensure(
      error < 0.05,
      `the penalty's gradient of "${name}" is ${exact}, finite differences say ${numeric}`,
    );
  }
}

/** A small network with a layer of each kind, through the whole way that users take. */
function checkNetwork(method: Method, given: unknown, key: Key): void {
  if (!registered('method').some((known) => known.name === method.name)) {
    registerPlugin({ name: `kit of ${method.name}`, apiVersion: 1, methods: [method] });
  }
  const before = tf.memory().numTensors;
  const options = parseOptions(method.options, given, method.name);
  const common = { stride: 1, dilation: 1, side: 9, padding: 'same', bias: false, norm: true } as const;
  const isUsual = method.supports(siteFor({ ...common, kernel: [3, 3], channels: [3, 4] }), options) === true;
  const kernelSize = isUsual ? 3 : 5;
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({
        name: 'a',
        inputShape: [9, 9, 3],
        filters: 4,
        kernelSize,
        padding: 'same',
        useBias: false,
      }),
      tf.layers.batchNormalization({ name: 'a_norm', epsilon: 1e-5 }),
      tf.layers.reLU({ name: 'a_relu' }),
      tf.layers.conv2d({ name: 'b', filters: 4, kernelSize, padding: 'same', activation: 'relu' }),
      tf.layers.flatten({ name: 'flat' }),
      tf.layers.dense({ name: 'c', units: 3 }),
    ],
  });
  const expanded = expand(model, { method, options: given, key });
  for (const { variable, follows } of statesOf(expanded))
    if (follows) tf.tidy(() => variable.assign(tf.onesLike(variable as tf.Tensor)));
  const { model: collapsed, report } = collapse(expanded, { norms: 'keep' });
  ensure(report.ok, `gap ${report.gap}`);
  const x = normalTensor(foldKey(key, 'images'), [2, 9, 9, 3], 0, 1);
  const [wanted] = forward(expanded, x, { mode: 'infer' });
  const [found] = forward(collapsed, x, { mode: 'infer' });
  ensure(gapBetween(found!, wanted!) <= 1e-4, 'the collapsed network differs');
  const missing = model.layers.filter(
    (layer) => !collapsed.layers.some((other) => other.name === layer.name),
  );
  ensure(missing.length === 0, `the kept network lost ${missing.map((layer) => layer.name)}`);
  tf.dispose([x, wanted!, found!]);
  for (const network of [model, expanded, collapsed]) network.dispose();
  const left = tf.memory().numTensors - before;
  ensure(left === 0, `${left} tensors are left over`);
}

/** An even choice of at most `count`. */
function sample<T>(all: readonly T[], count: number): T[] {
  if (all.length <= count) return [...all];
  return Array.from({ length: count }, (_, index) => all[Math.floor((index * all.length) / count)]!);
}
