import { convolution, foldKey, type Key, normalTensor, uniformTensor } from '@overparam/engine';
import type { PlainLayer, Site, StateSpec, Tensors } from '@overparam/plugin';
import type { LayersModel, Tensor, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { inputChannels } from './algebra/geometry';
import { checkKeys, checkModel, type Kind, kinds } from './check-options';
import { gapBetween } from './closeness';
import { diagnose } from './diagnose';
import { buildDeployed } from './network/deploy';
import type { ExpandedLayer } from './network/expanded-layer';
import { placedExpansions, statesOf } from './network/parameters';
import { type NetworkGap, networkGap } from './network-gap';
import { type Probes, probesFor } from './probes';
import { defaultTolerance } from './tolerance';
import { checkTask } from './trunk-task';

/** How closely one expanded layer and its collapsed form agree. */
export interface LayerGap {
  readonly layer: string;
  readonly method: string;
  /** max|difference| / max|reference|, the larger of the true and of random norm statistics. */
  readonly gap: number;
  /** The likely cause, where the gap is above the tolerance; else null. */
  readonly cause: string | null;
}

/** What {@link verify} found. */
export interface VerifyReport {
  /** max|difference| / max|reference| of the whole networks' outputs, the largest over outputs and statistics. */
  readonly gap: number;
  /**
   * What was allowed. Where nothing was asked for, all layers agree and the network amplifies rounding, that is three
   * times what half a unit in the last place of its weights does to its outputs, up to ten times the usual tolerance.
   */
  readonly tolerance: number;
  /** Whether the whole and every layer are within the tolerance. */
  readonly ok: boolean;
  /** The layer with the largest gap; null where nothing is expanded. */
  readonly worst: LayerGap | null;
  readonly layers: readonly LayerGap[];
}

/** How {@link verify} probes. */
export interface VerifyOptions {
  /** Largest gap allowed; where left out 1e-4, and for networks that amplify rounding what {@link VerifyReport} says. */
  readonly tolerance?: number;
  /** Decides probe inputs and random statistics. */
  readonly key?: Key;
  /**
   * Inputs to compare on, one tensor for each of the network's; borrowed. Left out, they are drawn: normal numbers, and
   * whole ones below the number of entries where an embedding takes them; sides of 32 where the network leaves them open.
   */
  readonly probes?: Probes;
  /** Whose trunk `collapsed` is, where the network has one for each task. */
  readonly task?: string;
}

const defaultKey: Key = [0x0b5e55ed, 0x00c0ffee];

/** What the options of {@link verify} must be. */
export const verifyKinds: Readonly<Record<string, Kind>> = {
  tolerance: kinds.positive,
  key: kinds.key,
  probes: kinds.tensors,
  task: kinds.text,
};

/**
 * Compares an expanded network with its collapsed form on probe inputs: each expanded layer, and the whole,
 * with the norms' true statistics and with randomised ones. Always in inference mode, whatever ran before. Where a
 * layer chooses between values, as max-pooling with places does, both make the expanded one's choices: a tie up to
 * rounding is no difference between them.
 *
 * Both networks are left as they were.
 *
 * @throws OverparamError `invalid-options`, `unknown-task`, `probe-mismatch`; `probe-failed` where a network cannot be
 *   run on the probes
 */
export function verify(
  expanded: LayersModel,
  collapsed: LayersModel,
  options: VerifyOptions = {},
): VerifyReport {
  checkModel('verify', 'the expanded network', expanded);
  checkModel('verify', 'the collapsed network', collapsed);
  checkKeys('verify', options, verifyKinds);
  checkTask(expanded, options.task);
  return compareNetworks(expanded, collapsed, options);
}

/** {@link verify} for options that have been checked. */
export function compareNetworks(
  expanded: LayersModel,
  collapsed: LayersModel,
  options: VerifyOptions,
): VerifyReport {
  const wanted = options.tolerance ?? defaultTolerance;
  const key = options.key ?? defaultKey;
  const layers = placedExpansions(expanded).map(({ layer, path }) =>
    layerGap(layer, path, foldKey(key, path), wanted),
  );
  const layersAgree = layers.every((layer) => layer.gap <= wanted);
  const probing = {
    task: options.task ?? null,
    tolerance: wanted,
    forgiving: layersAgree && options.tolerance === undefined,
  };
  const compare = (other: LayersModel, own: Key): NetworkGap => {
    const probes = probesFor(expanded, options.probes, own);
    try {
      return networkGap(expanded, other, { ...probing, probes, key: own });
    } finally {
      tf.dispose(probes);
    }
  };
  const gaps = [
    compare(collapsed, key),
    ...randomStatisticsGap(expanded, foldKey(key, 'statistics'), probing.task, compare),
  ];
  // Of the statistics that are refused, else of all, those with the largest gap.
  const refused = gaps.filter((found) => found.gap > found.tolerance);
  const { gap, tolerance } = (refused.length > 0 ? refused : gaps).reduce((a, b) => (b.gap > a.gap ? b : a));
  const worst = layers.reduce<LayerGap | null>(
    (max, layer) => (!max || layer.gap > max.gap ? layer : max),
    null,
  );
  const ok = refused.length === 0 && layersAgree;
  return { gap, tolerance, ok, worst, layers };
}

function layerGap(layer: ExpandedLayer, path: string, key: Key, tolerance: number): LayerGap {
  let gap = 0;
  let cause: string | null = null;
  tf.tidy(() => {
    const { site } = layer.settings;
    const { expansion } = layer;
    const parameters = layer.parameterValues();
    const state = layer.stateValues();
    const random = randomState(expansion.state, state, key);
    const x = normalTensor(foldKey(key, 'input'), probeShape(site), 0, 1) as Tensor4D;
    const tasks = expansion.perTask && site.tasks.length > 0 ? site.tasks : [null];
    const probes = (expansion.state.length > 0 ? [state, random] : [state]).flatMap((statistics) =>
      tasks.map((task) => ({ statistics, context: { task, updateStatistics: false } })),
    );
    for (const { statistics, context } of probes) {
      const reference = expansion.forward(x, parameters, statistics, { ...context, mode: 'infer' }).y;
      const candidate = run(x, expansion.collapse(parameters, statistics, context.task));
      const found = gapBetween(candidate, reference);
      if (found <= gap && gap > 0) continue;
      gap = found;
      if (found <= tolerance) continue;
      const training =
        expansion.state.length > 0
          ? expansion.forward(x, parameters, statistics, { ...context, mode: 'train' }).y
          : null;
      cause = diagnose(candidate, reference, training, site);
    }
  });
  return { layer: path, method: layer.settings.method, gap, cause };
}

/** One odd and one even side, large enough for the kernel and small enough to be quick. */
function probeShape(site: Site): [number, number, number, number] {
  const channels = inputChannels(site);
  const extent = (axis: 0 | 1) => site.dilation[axis] * (site.kernelShape[axis] - 1) + 1;
  if (site.kind === 'dense') return [8, 1, 1, channels];
  if (site.kind === 'conv1d') return [2, 1, Math.max(10, (extent(1) | 1) + 1), channels];
  return [2, Math.max(9, extent(0) | 1), Math.max(10, (extent(1) | 1) + 1), channels];
}

function run(x: Tensor4D, layers: readonly PlainLayer[]): Tensor4D {
  return layers.reduce((y, layer) => {
    const result = convolution(y, layer.kernel, layer);
    return layer.bias ? result.add(layer.bias) : result;
  }, x);
}

/** Statistics unlike the true ones: variances by a factor of 1/2 to 2, means moved by a share of a deviation. */
function randomState(specs: readonly StateSpec[], state: Tensors, key: Key): Tensors {
  const entries = specs.map(({ name, statistic }) => [
    name,
    randomStatistic(state[name]!, statistic ?? null, foldKey(key, name)),
  ]);
  return Object.fromEntries(entries) as Tensors;
}

function randomStatistic(value: Tensor, statistic: StateSpec['statistic'] | null, key: Key): Tensor {
  if (statistic === 'variance')
    return value
      .abs()
      .add(0.05)
      .mul(uniformTensor(key, value.shape, 0.5, 2));
  if (statistic === 'covariance') {
    // As of channels that are longer and shorter: still symmetric, with eigenvalues above 0.
    const lengths = uniformTensor(key, value.shape.slice(0, -1), 0.7, 1.4);
    return value.mul(lengths.expandDims(-1)).mul(lengths.expandDims(-2));
  }
  return statistic === 'mean' ? value.add(normalTensor(key, value.shape, 0, 0.3)) : value;
}

/** The whole network again with other statistics, so that a norm that happens to do nothing is not missed. */
function randomStatisticsGap(
  expanded: LayersModel,
  key: Key,
  task: string | null,
  compare: (collapsed: LayersModel, key: Key) => NetworkGap,
): NetworkGap[] {
  const states = statesOf(expanded).filter((state) => state.statistic !== null);
  if (states.length === 0) return [];
  const saved = states.map((state) => tf.clone(state.variable));
  let collapsed: LayersModel | null = null;
  try {
    tf.tidy(() => {
      for (const { name, variable, statistic } of states) {
        variable.assign(randomStatistic(variable, statistic, foldKey(key, name)) as typeof variable);
      }
    });
    collapsed = buildDeployed(expanded, 'fold', task);
    return [compare(collapsed, key)];
  } finally {
    collapsed?.dispose();
    for (const [index, { variable }] of states.entries()) variable.assign(saved[index]! as typeof variable);
    tf.dispose(saved);
  }
}
