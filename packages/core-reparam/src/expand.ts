import { foldKey, type Key } from '@overparam/engine';
import { OverparamError } from '@overparam/errors';
import type { Expansion, Method, NormWeights, PlainWeights, Site } from '@overparam/plugin';
import { definedBy, parseOptions } from '@overparam/plugin';
import type { LayersModel, Tensor1D, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { brokenMethod, checkExpansion, checkValues, collapsedLayers } from './check-expansion';
import { checkForward } from './check-forward';
import { checkKeys, checkModel, type Kind, kinds } from './check-options';
import { checkStart } from './check-start';
import { keepsLayer } from './keeps-layer';
import { buildModel } from './network/build-graph';
import { checkCopies } from './network/check-copies';
import type { ExpandedLayer } from './network/expanded-layer';
import type { Graph, GraphLayer } from './network/graph';
import { readGraph } from './network/read-graph';
import { replaceDropout, replaceNorms, replaceSite } from './network/replace';
import { placedLayers, type SiteReport, type SiteSettings, siteOf } from './network/sites';
import type { Probes } from './probes';
import { type Candidate, isRanking, ranked } from './ranking';
import { checkNames, matches } from './select';
import { checkSelection, type Selection } from './selection';
import { makeDilatedTrainable } from './stay-plain';

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
    /** Inputs on which the expanded network is compared with the given one; drawn where left out. See `verify`. */
    readonly probes?: Probes;
    /** Returns a network that should begin as the given one, or collapse to what it computes, and does not, instead of throwing. */
    readonly allowMismatch?: boolean;
  };

const optionKinds: Readonly<Record<string, Kind>> = {
  key: kinds.key,
  decay: kinds.notNegative,
  values: kinds.oneOf('initial', 'zero'),
  onLayer: kinds.callback,
  probes: kinds.tensors,
  allowMismatch: kinds.flag,
  statistics: kinds.oneOf('unbiased', 'biased'),
  tasks: kinds.texts,
  owner: kinds.callback,
};

/**
 * Replaces layers of a network by their expansions and returns a new network; the given one is untouched.
 *
 * Names are kept. Where several selections take a layer, the first does. Layers of models that are layers themselves
 * are expanded there; their names stand behind that model's, as in `base/conv`. A layer that is frozen stays as it is,
 * and frozen. A norm that no expansion takes over becomes a `NormLayer`, which trains faster and keeps PyTorch's
 * statistics. Dropout becomes a layer whose masks follow from a key; see `dropoutMasks`.
 *
 * Where every expansion begins as the layer that it replaces, with `start: 'preserve'` or by itself, the expanded
 * network is compared with the given one, as `collapse` compares.
 *
 * @returns the expanded network; the caller disposes it
 * @throws OverparamError `unknown-layer`, `unsupported-site`, `nothing-selected`, `invalid-options`; `layer-not-copied`
 *   and `shared-weights` for layers that cannot be made again, `no-gradient` for one that tfjs cannot train,
 *   `empty-output` for one that leaves nothing, `repeated-output` and `duplicate-layer`; `expand-mismatch`, with the worst layer, where the
 *   network does not begin as the given one, unless allowed; `method-broken` where a method gave what it must not
 * @example
 * const wide = expand(model, { method: fnl, key: keyFromSeed(1) });
 */
export function expand(model: LayersModel, options: ExpandOptions): LayersModel {
  const selections = checkOptions(model, options);
  const whole = readGraph(model);
  checkCopies(whole);
  const made: { id: number; values: Record<string, tf.Tensor> }[] = [];
  let trunks = false;
  let keeps = options.values !== 'zero';
  try {
    const planned = plan(whole, selections, options);
    for (const [index, { graph, layer, site, method, parsed }] of planned.entries()) {
      const layerKey = foldKey(options.key, 'expand', site.name);
      const expansion = method.expand(site, parsed);
      checkExpansion(method, site, expansion);
      if (options.values === 'zero') checkCollapse(method, site, expansion);
      else {
        const { values, kept } = firstValues(
          graph,
          site,
          { method, parsed, expansion, key: layerKey, allowMismatch: options.allowMismatch ?? false },
          layer,
        );
        made.push({ id: layer.id, values });
        keeps &&= kept;
      }
      const plugin = definedBy('method', method);
      const settings = { site, method: method.name, ...(plugin && { plugin }), options: parsed };
      replaceSite(graph, layer.name, { ...settings, fitDecay: options.decay ?? 0 }, expansion);
      trunks ||= expansion.perTask === 'separate' && site.tasks.length > 1;
      options.onLayer?.(index + 1, planned.length, site.name);
    }
    makeDilatedTrainable(whole, options, options.decay ?? 0);
    for (const graph of whole.withInner()) {
      replaceNorms(graph, options, trunks);
      replaceDropout(graph);
    }
    const { model: expanded, layers } = buildModel(whole);
    for (const { id, values } of made) (layers.get(id) as ExpandedLayer).assign(values);
    if (keeps) checkStart(model, expanded, options);
    return expanded;
  } finally {
    tf.dispose(made.map(({ values }) => values));
  }
}

/** Checks what may have been written in JavaScript. @returns the selections */
function checkOptions(model: LayersModel, options: ExpandOptions): readonly Selection[] {
  checkModel('expand', 'the network', model);
  const several = typeof options === 'object' && options !== null && 'selections' in options;
  const selection = { method: kinds.anything, options: kinds.anything, select: kinds.anything };
  const list: Kind = {
    words: 'a list of { method, options, select }',
    fits: (value) => Array.isArray(value) && value.length > 0,
  };
  const own: Readonly<Record<string, Kind>> = several ? { selections: list } : selection;
  checkKeys('expand', options, { ...own, ...optionKinds }, ['key', several ? 'selections' : 'method']);
  if (!several) {
    const { method, options: given, select } = options as Selection;
    checkSelection('expand', { method, options: given, select });
    return [options as Selection];
  }
  const { selections } = options as { readonly selections: readonly Selection[] };
  for (const [index, each] of selections.entries()) checkSelection(`expand, selections[${index}]`, each);
  return selections;
}

interface PlannedSite {
  readonly graph: Graph;
  readonly layer: GraphLayer;
  readonly site: Site;
  readonly method: Method;
  readonly parsed: unknown;
}

function plan(whole: Graph, selections: readonly Selection[], settings: SiteSettings): PlannedSite[] {
  const places = placedLayers(whole);
  const reports = places.map(({ graph, layer }) => siteOf(graph, layer, settings));
  const planned = new Map<number, PlannedSite>();
  const refusals = reports.flatMap(({ layer, reason }) => (reason ? [`"${layer}": ${reason}`] : []));
  const prepared = selections.map((selection) => prepare(selection, reports));
  for (const { method, chooses, ranking, parsed } of prepared) {
    const taken = new Map<number, PlannedSite>();
    for (const [index, { site }] of reports.entries()) {
      if (!site || planned.has(index) || !chooses(site)) continue;
      const verdict = verdictOn(method, site, parsed);
      if (verdict === true) {
        taken.set(index, { ...places[index]!, site, method, parsed });
        continue;
      }
      // Asked for by selection, a layer that cannot be expanded is an error; taken by default, it stays plain.
      if (chooses !== everySite && !ranking) {
        throw new OverparamError(
          'unsupported-site',
          `[${method.name}] layer "${site.name}": ${verdict}. Exclude it with select: { not: '${site.name}' }.`,
        );
      }
      refusals.push(`"${site.name}": ${verdict}`);
    }
    const names = ranking && ranked(ranking, [...taken.values()].map(candidateOf));
    for (const [index, one] of taken) if (!names || names.has(one.site.name)) planned.set(index, one);
  }
  if (planned.size === 0) {
    const names = selections.map(({ method }) => method.name).join(', ');
    const why = refusals.length > 0 ? ` Refused: ${refusals.slice(0, 3).join('; ')}.` : '';
    throw new OverparamError(
      'nothing-selected',
      `No layer of "${whole.name}" is expanded by ${names}.${why}`,
    );
  }
  return [...planned].sort(([a], [b]) => a - b).map(([, one]) => one);
}

const everySite = () => true;

/** A selection with its options completed, and which sites it looks at. */
function prepare({ method, options, select }: Selection, reports: readonly SiteReport[]) {
  const ranking = isRanking(select) ? select : null;
  const selector = isRanking(select) ? select.among : select;
  if (selector !== undefined) checkNames(selector, reports);
  const chooses = selector === undefined ? everySite : (site: Site) => matches(selector, site);
  const parsed = parseOptions(method.options, options, `method "${method.name}"`);
  return { method: method as Method, chooses, ranking, parsed };
}

function verdictOn(method: Method, site: Site, parsed: unknown): true | string {
  if (!takes(method, site)) return `${kindInWords[site.kind]} is not supported`;
  const verdict = method.supports(site, parsed);
  if (verdict === true || (typeof verdict === 'string' && verdict !== '')) return verdict;
  throw brokenMethod(method, site, `supports gave ${String(verdict)} (expected true, or why not)`);
}

function candidateOf({ layer, site, method, parsed }: PlannedSite): Candidate {
  return { site, kernel: layer.weights![0]!, expand: () => method.expand(site, parsed) };
}

/** Methods are asked about kinds that they know of. */
function takes({ kinds = ['conv2d', 'dense'] }: Method, { kind }: Site): boolean {
  return kinds.includes(kind);
}

const kindInWords: Readonly<Record<Site['kind'], string>> = {
  conv2d: 'a convolution',
  dense: 'a dense layer',
  conv1d: 'a one-dimensional convolution',
  depthwise: 'a depthwise convolution',
};

/** What first values are made from. */
interface Start {
  readonly method: Method;
  readonly parsed: unknown;
  readonly expansion: Expansion;
  readonly key: Key;
  readonly allowMismatch: boolean;
}

/** First values of a site, which the caller disposes, and whether they begin as the given layer. */
function firstValues(
  graph: Graph,
  site: Site,
  { method, parsed, expansion, key, allowMismatch }: Start,
  layer: GraphLayer,
): { values: Record<string, tf.Tensor>; kept: boolean } {
  const plain = plainWeights(graph, site, layer);
  const given = new Set<tf.Tensor>(
    [...Object.values({ ...plain, ...plain.norm })].flatMap((one) => (one instanceof tf.Tensor ? [one] : [])),
  );
  let values: Record<string, tf.Tensor> = {};
  try {
    values = { ...expansion.initialise(plain, key) };
    checkValues(method, site, expansion, values);
    const borrowed = Object.entries(values).find(([, value]) => given.has(value));
    if (borrowed)
      throw brokenMethod(
        method,
        site,
        `initialise gave the layer's own tensor back as "${borrowed[0]}" (expected a clone of it)`,
      );
    const preserves = (parsed as { readonly start?: unknown } | null)?.start === 'preserve';
    const kept = tf.tidy(() => {
      const layers = collapsedLayers(method, site, expansion, values);
      if (!allowMismatch) checkForward(method, site, expansion, values, layers);
      return preserves || keepsLayer(layers, plain, site, expansion.takesNorm);
    });
    return { values, kept };
  } catch (error) {
    tf.dispose(Object.values(values).filter((value) => !given.has(value)));
    throw error;
  } finally {
    plain.kernel.dispose();
  }
}

/** A collapse of numbers that mean nothing, so that what cannot be collapsed is refused before it is trained. */
function checkCollapse(method: Method, site: Site, expansion: Expansion): void {
  tf.tidy(() => {
    const specs = [...expansion.parameters, ...expansion.state];
    const values = Object.fromEntries(specs.map(({ name, shape }) => [name, tf.fill([...shape], 0.5)]));
    collapsedLayers(method, site, expansion, values);
  });
}

/** The weights of a site and its norm; the kernel belongs to the caller, all else to the network. */
function plainWeights(graph: Graph, site: Site, layer: GraphLayer): PlainWeights {
  const [kernel, bias] = layer.weights!;
  const norm = site.norm ? graph.layer(site.norm.layer.slice(graph.prefix.length)) : null;
  return {
    kernel: kernel!.reshape([...site.kernelShape]) as Tensor4D,
    bias: site.bias ? (bias as Tensor1D) : null,
    norm: norm ? affineNorm(norm) : null,
  };
}

function affineNorm(layer: GraphLayer): NormWeights {
  const [gamma, beta, mean, variance] = layer.weights as Tensor1D[];
  return { gamma: gamma!, beta: beta!, mean: mean!, variance: variance! };
}
