import { foldKey, type Key } from '@overparam/engine';
import { OverparamError } from '@overparam/errors';
import type { Expansion, Method, NormWeights, PlainWeights, Site } from '@overparam/plugin';
import { parseOptions } from '@overparam/plugin';
import type { LayersModel, Tensor1D, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { DropoutLayer, type DropoutLayerSettings } from './network/dropout-layer';
import { ExpandedLayer } from './network/expanded-layer';
import { buildModel, describeLayer, type Graph, type GraphLayer, readGraph } from './network/graph';
import { NormLayer, type NormLayerSettings } from './network/norm-layer';
import { checkNames, matches, type Selector } from './select';
import { absorbedPadding, isNorm, type SiteSettings, siteOf } from './sites';

/** One method and the layers that it expands. */
export interface Selection {
  // biome-ignore lint/suspicious/noExplicitAny: a method's own schema guards its options.
  readonly method: Method<any>;
  /** Checked by the method's schema; defaults where left out. */
  readonly options?: unknown;
  /** Every site that the method supports, where left out. */
  readonly select?: Selector;
}

/** How a network is expanded. */
export type ExpandOptions = (Selection | { readonly selections: readonly Selection[] }) &
  SiteSettings & {
    /** Decides every first value that does not follow from the given weights. */
    readonly key: Key;
    /** Coefficient of the methods' penalties under tfjs's own `model.fit`; leave it out with other loops. */
    readonly decay?: number;
    /**
     * `zero` leaves expansions at zero, for networks that are only counted or are filled from a file:
     * first values can take long to compute. `initial` where left out.
     */
    readonly values?: 'initial' | 'zero';
    /** Told after each layer whose first values are there, as a method may take minutes for all of them. */
    readonly onLayer?: (done: number, total: number, layer: string) => void;
  };

/**
 * Replaces layers of a network by their expansions and returns a new network; the given one is untouched.
 *
 * Names are kept. Where several selections take a layer, the first does. A norm that no expansion takes over
 * becomes a `NormLayer`, which trains faster and keeps PyTorch's statistics. Dropout becomes a
 * layer whose masks follow from a key; see `dropoutMasks`.
 *
 * @returns the expanded network; the caller disposes it
 * @throws OverparamError `unknown-layer`, `unsupported-site`, `nothing-selected`, `invalid-options`
 * @example
 * const wide = expand(model, { method: fnl, key: keyFromSeed(1) });
 */
export function expand(model: LayersModel, options: ExpandOptions): LayersModel {
  const selections = 'selections' in options ? options.selections : [options];
  const graph = readGraph(model);
  const made: { layer: string; values: Record<string, tf.Tensor> }[] = [];
  const borrowed: tf.Tensor[] = [];
  let trunks = false;
  try {
    const planned = plan(graph, selections, options);
    for (const [index, { site, method, parsed }] of planned.entries()) {
      const layerKey = foldKey(options.key, 'expand', site.name);
      const expansion = method.expand(site, parsed);
      if (options.values !== 'zero') {
        const plain = plainWeights(graph, site);
        borrowed.push(plain.kernel);
        const values = { ...expansion.initialise(plain, layerKey) };
        made.push({ layer: site.name, values });
        checkValues(site, method, expansion, values);
      }
      replaceSite(graph, site, method.name, parsed, expansion, options.decay ?? 0);
      trunks ||= expansion.perTask === 'separate' && site.tasks.length > 1;
      options.onLayer?.(index + 1, planned.length, site.name);
    }
    replaceNorms(graph, options, trunks);
    replaceDropout(graph);
    const expanded = buildModel(graph);
    for (const { layer, values } of made) (expanded.getLayer(layer) as ExpandedLayer).assign(values);
    return expanded;
  } finally {
    tf.dispose(made.map(({ values }) => values));
    tf.dispose(borrowed);
  }
}

interface PlannedSite {
  readonly site: Site;
  readonly method: Method;
  readonly parsed: unknown;
}

function plan(graph: Graph, selections: readonly Selection[], settings: SiteSettings): PlannedSite[] {
  const reports = [...graph.layers.values()].map((layer) => siteOf(graph, layer, settings));
  const prepared = selections.map(({ method, options, select }) => {
    if (select !== undefined) checkNames(select, reports);
    return { method, select, parsed: parseOptions(method.options, options, `method "${method.name}"`) };
  });
  const planned: PlannedSite[] = [];
  const refusals: string[] = [];
  for (const { site } of reports) {
    if (!site) continue;
    for (const { method, select, parsed } of prepared) {
      if (select !== undefined && !matches(select, site)) continue;
      const verdict = method.supports(site, parsed);
      if (verdict === true) {
        planned.push({ site, method, parsed });
        break;
      }
      // Asked for by selection, a layer that cannot be expanded is an error; taken by default, it stays plain.
      if (select !== undefined) {
        throw new OverparamError(
          'unsupported-site',
          `[${method.name}] layer "${site.name}": ${verdict}. Exclude it with select: { not: '${site.name}' }.`,
        );
      }
      refusals.push(`"${site.name}": ${verdict}`);
    }
  }
  if (planned.length === 0) {
    const names = selections.map(({ method }) => method.name).join(', ');
    const why = refusals.length > 0 ? ` Refused: ${refusals.slice(0, 3).join('; ')}.` : '';
    throw new OverparamError(
      'nothing-selected',
      `No layer of "${graph.name}" is expanded by ${names}.${why}`,
    );
  }
  return planned;
}

/** The weights of a site and its norm; the kernel belongs to the caller, all else to the network. */
function plainWeights(graph: Graph, site: Site): PlainWeights {
  const [kernel, bias] = graph.layer(site.name).weights!;
  return {
    kernel: kernel!.reshape([...site.kernelShape]) as Tensor4D,
    bias: site.bias ? (bias as Tensor1D) : null,
    norm: site.norm ? affineNorm(graph.layer(site.norm.layer)) : null,
  };
}

function affineNorm(layer: GraphLayer): NormWeights {
  const [gamma, beta, mean, variance] = layer.weights as Tensor1D[];
  return { gamma: gamma!, beta: beta!, mean: mean!, variance: variance! };
}

function checkValues(
  site: Site,
  method: Method,
  expansion: Expansion,
  values: Record<string, tf.Tensor>,
): void {
  for (const { name, shape } of [...expansion.parameters, ...expansion.state]) {
    const found = values[name]?.shape.join('x') ?? 'nothing';
    if (found === shape.join('x')) continue;
    throw new OverparamError(
      'method-broken',
      `[${method.name}] layer "${site.name}": initialise gave ${found} for "${name}" (expected ${shape.join('x')}). ` +
        'This is a mistake in the method.',
    );
  }
}

function replaceSite(
  graph: Graph,
  site: Site,
  method: string,
  options: unknown,
  expansion: Expansion,
  fitDecay: number,
): void {
  const layer = graph.layer(site.name);
  const padding = site.kind === 'conv2d' ? absorbedPadding(graph, layer) : null;
  const takenNorm = expansion.takesNorm && site.norm ? graph.layer(site.norm.layer) : null;
  const host = {
    layer: layer.config,
    padding: padding ? graph.layer(padding.layer).config : null,
    norm: takenNorm ? takenNorm.config : null,
  };
  const settings = {
    site,
    method,
    options,
    host,
    fitDecay,
    trainable: layer.config.trainable as boolean | undefined,
  };
  if (padding) graph.bypass(padding.layer);
  if (takenNorm) graph.bypass(takenNorm.name);
  const expanded = new ExpandedLayer({ ...settings, name: site.name }, expansion);
  graph.replace({ ...describeLayer(expanded), weights: null, calls: layer.calls });
}

/** Norms in a network with a trunk for each task keep statistics of each, unless they belong to one. */
function replaceNorms(
  graph: Graph,
  { statistics = 'unbiased', tasks = [], owner }: SiteSettings,
  trunks: boolean,
): void {
  for (const layer of [...graph.layers.values()]) {
    if (!isNorm(layer) || layer.className === 'OverparamNorm') continue;
    const { epsilon, momentum, center, scale } = layer.config as unknown as NormLayerSettings;
    const trainable = layer.config.trainable as boolean | undefined;
    const own = trunks && (owner?.(layer.name) ?? null) === null ? tasks : [];
    const unbiased = statistics === 'unbiased';
    const settings = {
      epsilon,
      momentum,
      center,
      scale,
      unbiased,
      trainable,
      tasks: { name: JSON.stringify(own) },
    };
    const norm = new NormLayer({ ...settings, name: layer.name });
    const weights = [...layer.weights!];
    const statisticsOfAll = weights.splice(-2);
    const repeated = (own.length > 0 ? own : [null]).flatMap(() => statisticsOfAll);
    graph.replace({ ...describeLayer(norm), weights: [...weights, ...repeated], calls: layer.calls });
  }
}

function replaceDropout(graph: Graph): void {
  for (const layer of [...graph.layers.values()]) {
    if (layer.className !== 'Dropout') continue;
    const { rate, noiseShape, seed } = layer.config as unknown as DropoutLayerSettings;
    const dropout = new DropoutLayer({ name: layer.name, rate, noiseShape, seed });
    graph.replace({ ...describeLayer(dropout), calls: layer.calls });
  }
}
