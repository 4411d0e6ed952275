import { compile, foldKey, type Key } from '@overparam/engine';
import type { Expansion, Method, PlainWeights, Site, Tensors } from '@overparam/plugin';
import { ensure } from '@overparam/plugin/testing';
import type { Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { checkExpansion, checkValues, collapsedLayers } from '../check-expansion';
import { gapBetween } from '../closeness';
import { disposePlain, imagesFor, plainWeightsFor } from './sites';

/** A site, and a method for options that have been checked. */
export interface RuleCase {
  readonly method: Method;
  readonly options: unknown;
  readonly site: Site;
}

/** What every function of a method has to keep to: the rules of the page on writing one. */
export async function checkRules({ method, options, site }: RuleCase, key: Key): Promise<void> {
  const frozen = deepFrozen(structuredClone(site));
  const given = deepFrozen(options);
  withoutRandom(() => {
    const expansion = method.expand(frozen, given);
    checkExpansion(method, frozen, expansion);
    const again = method.expand(frozen, given);
    ensure(
      JSON.stringify(specsOf(again)) === JSON.stringify(specsOf(expansion)),
      'expand gives other parameters at its second call: it has to be a pure function',
    );
    const plain = plainWeightsFor(site, foldKey(key, 'plain'));
    checkOwnership({ method, site, expansion, plain }, key);
    tf.tidy(() => {
      const values = expansion.initialise(plain, foldKey(key, 'expansion'));
      collapsedLayers(method, site, expansion, values);
      checkCompiles(site, expansion, values, key);
      checkState(site, expansion, again, values, key);
    });
    checkMaps(expansion, plain, key);
    disposePlain(plain);
  });
  await checkObservation(method.expand(frozen, given), site, key);
}

/** Maps on gradients follow from the states, are of parameters that there are, and fit them. */
function checkMaps(expansion: Expansion, plain: PlainWeights, key: Key): void {
  if (!expansion.gradientMaps) return;
  tf.tidy(() => {
    const values = expansion.initialise(plain, key);
    const maps = expansion.gradientMaps!(pick(expansion.state, values));
    for (const [name, map] of Object.entries(maps)) {
      const parameter = expansion.parameters.find((spec) => spec.name === name);
      ensure(parameter !== undefined, `gradientMaps has one for "${name}", which is no parameter`);
      const fits = tf.broadcastTo(map, [...parameter.shape]);
      ensure(fits.abs().max().dataSync()[0]! > 0, `the first map on the gradient of "${name}" is all zero`);
    }
  });
}

/** A look gives declared states in their shapes, the same for the same inputs, and leaves no tensor behind. */
async function checkObservation(expansion: Expansion, site: Site, key: Key): Promise<void> {
  const { observation } = expansion;
  if (!observation) return;
  const { every, after, batches } = observation;
  const whole = (value: number, least: number) => Number.isInteger(value) && value >= least;
  ensure(
    whole(every, 1) && whole(after, 0) && whole(batches, 1),
    `observation says every ${every}, after ${after}, batches ${batches} (expected whole numbers of at least 1, 0 and 1)`,
  );
  const plain = plainWeightsFor(site, foldKey(key, 'plain'));
  const values = expansion.initialise(plain, foldKey(key, 'expansion'));
  const inputs = [0, 1].map((index) => imagesFor(site, 2, foldKey(key, 'look', index)));
  const look = () =>
    observation.observe(inputs, pick(expansion.parameters, values), pick(expansion.state, values));
  const before = tf.memory().numTensors;
  const [first, second] = [await look(), await look()];
  for (const [name, value] of Object.entries(first)) {
    const spec = expansion.state.find((state) => state.name === name);
    ensure(
      spec?.shape.join() === value.shape.join(),
      `observe gives [${value.shape}] for "${name}", declared ${spec ? `[${spec.shape}]` : 'nowhere'}`,
    );
    ensure(gapBetween(second[name]!, value) === 0, `observe gives another "${name}" at its second call`);
  }
  tf.dispose([...Object.values(first), ...Object.values(second)]);
  const left = tf.memory().numTensors - before;
  ensure(left === 0, `observe leaves ${left} tensors behind, or disposes some that it was lent`);
  tf.dispose([...Object.values(values), ...inputs]);
  disposePlain(plain);
}

/** Checks that `supports` says true, or why not, as the end of a sentence. */
export function checkVerdict(method: Method, site: Site, options: unknown): void {
  const verdict: unknown = method.supports(deepFrozen(structuredClone(site)), deepFrozen(options));
  if (verdict === true) return;
  ensure(
    typeof verdict === 'string' && verdict.trim() === verdict && verdict !== '' && !verdict.endsWith('.'),
    `supports gives ${JSON.stringify(verdict)} (expected true, or the end of a sentence, without a full stop)`,
  );
}

const specsOf = ({ parameters, state, takesNorm, perTask }: Expansion) => [
  parameters,
  state,
  takesNorm,
  perTask,
];

interface Owned {
  readonly method: Method;
  readonly site: Site;
  readonly expansion: Expansion;
  readonly plain: PlainWeights;
}

/** What is given stays the giver's, what is given back is the receiver's. */
function checkOwnership({ method, site, expansion, plain }: Owned, key: Key): void {
  const given = [plain.kernel, plain.bias, ...Object.values(plain.norm ?? {})].filter((one) => one !== null);
  const before = tf.memory().numTensors;
  const values = { ...expansion.initialise(plain, foldKey(key, 'expansion')) };
  checkValues(method, site, expansion, values);
  const declared = new Set([...expansion.parameters, ...expansion.state].map(({ name }) => name));
  for (const [name, value] of Object.entries(values)) {
    ensure(declared.has(name), `initialise gives "${name}", which the expansion does not declare`);
    ensure(
      !given.includes(value as never),
      `initialise gives the layer's own tensor back as "${name}"; clone it`,
    );
  }
  ensure(
    new Set(Object.values(values)).size === Object.keys(values).length,
    'initialise gives one tensor twice',
  );
  const parameters = pick(expansion.parameters, values);
  const state = pick(expansion.state, values);
  const layers = expansion.collapse(parameters, state);
  for (const { kernel, bias } of layers) tf.dispose([kernel, ...(bias ? [bias] : [])]);
  const lost = Object.entries(values).find(([, value]) => value.isDisposed);
  ensure(!lost, `collapse gives the parameter "${lost?.[0]}" itself back; clone it`);
  tf.dispose(values);
  ensure(
    given.every((one) => !one.isDisposed),
    "initialise or collapse disposes the layer's own tensors",
  );
  const left = tf.memory().numTensors - before;
  ensure(left === 0, `initialise and collapse leave ${left} tensors behind`);
}

function pick(specs: readonly { readonly name: string }[], values: Tensors): Tensors {
  return Object.fromEntries(specs.map(({ name }) => [name, values[name]!])) as Tensors;
}

/** A training step reads no values, so that it can be compiled. */
function checkCompiles(site: Site, expansion: Expansion, values: Tensors, key: Key): void {
  const x = imagesFor(site, 2, foldKey(key, 'images'));
  const step = compile(({ x: images, ...given }) => {
    const parameters = pick(expansion.parameters, given);
    const state = pick(expansion.state, given);
    const context = { mode: 'train', task: null, updateStatistics: true } as const;
    const { y } = expansion.forward(images as Tensor4D, parameters, state, context);
    const penalties = [
      expansion.decay?.(parameters, state).penalty,
      expansion.regulariser?.(parameters, state),
    ].filter((penalty) => penalty !== undefined);
    const maps = Object.entries(expansion.gradientMaps?.(state) ?? {});
    return {
      y,
      ...Object.fromEntries(penalties.map((penalty, index) => [`penalty${index}`, penalty])),
      ...Object.fromEntries(maps.map(([name, map]) => [`map/${name}`, map])),
    };
  });
  try {
    const named = Object.fromEntries(Object.entries(values));
    tf.dispose(Object.values(step({ x, ...named })));
  } finally {
    step.dispose();
  }
}

/** What an expansion computes follows from what it is given, and not from what was computed before. */
function checkState(site: Site, expansion: Expansion, again: Expansion, values: Tensors, key: Key): void {
  const context = { mode: 'infer', task: null, updateStatistics: false } as const;
  const run = (one: Expansion, x: Tensor4D) =>
    one.forward(x, pick(one.parameters, values), pick(one.state, values), context).y;
  const x = imagesFor(site, 2, foldKey(key, 'images'));
  const first = run(expansion, x);
  run(again, imagesFor(site, 3, foldKey(key, 'other images')));
  ensure(gapBetween(run(expansion, x), first) === 0, 'forward gives another output at its second call');
}

/** Runs something while `Math.random` fails: all that is random comes from the key. */
function withoutRandom(run: () => void): void {
  const { random } = Math;
  Math.random = () => {
    throw new Error('Math.random was called; take what is random from the key that initialise is given');
  };
  try {
    run();
  } finally {
    Math.random = random;
  }
}

function deepFrozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const entry of Object.values(value)) deepFrozen(entry);
  }
  return value;
}
