import type { Expansion } from '@overparam/plugin';
import { DropoutLayer, type DropoutLayerSettings } from './dropout-layer';
import { ExpandedLayer, type ExpandedLayerSettings } from './expanded-layer';
import type { Graph } from './graph';
import { absorbedPadding, isNorm } from './neighbours';
import { NormLayer, type NormLayerSettings } from './norm-layer';
import { formOf } from './read-graph';
import { rulesOf } from './rules';
import type { SiteSettings } from './sites';

/** Puts an expansion in the place of a layer, and of the padding before it and the norm behind it that it absorbs. */
export function replaceSite(
  graph: Graph,
  name: string,
  settings: Omit<ExpandedLayerSettings, 'host'>,
  expansion: Expansion,
): void {
  const { site } = settings;
  const layer = graph.layer(name);
  const padding = site.kind === 'conv2d' || site.kind === 'depthwise' ? absorbedPadding(graph, layer) : null;
  const takenNorm = expansion.takesNorm && site.norm ? site.norm.layer.slice(graph.prefix.length) : null;
  const host = {
    layer: layer.config,
    padding: padding ? graph.layer(padding.layer).config : null,
    norm: takenNorm !== null ? graph.layer(takenNorm).config : null,
  };
  if (padding) graph.bypass(padding.layer);
  if (takenNorm !== null) graph.bypass(takenNorm);
  const expanded = new ExpandedLayer({ ...settings, host, name }, expansion);
  graph.replace(name, { ...formOf(expanded), weights: null, state: null });
}

/** Norms in a network with a trunk for each task keep statistics of each, unless they belong to one. */
export function replaceNorms(
  graph: Graph,
  { statistics = 'unbiased', tasks = [], owner }: SiteSettings,
  trunks: boolean,
): void {
  for (const layer of [...graph.layers.values()]) {
    if (!isNorm(layer) || layer.className === 'OverparamNorm') continue;
    const { epsilon, momentum, center, scale } = layer.config as unknown as NormLayerSettings;
    const own = trunks && (owner?.(layer.path) ?? null) === null ? tasks : [];
    const rules = Object.fromEntries(rulesOf(layer.config).map((rule) => [rule, layer.config[rule]]));
    const settings = {
      epsilon,
      momentum,
      center,
      scale,
      unbiased: statistics === 'unbiased',
      tasks: { name: JSON.stringify(own) },
      ...(Object.keys(rules).length > 0 && { rules: { name: JSON.stringify(rules) } }),
    };
    const norm = new NormLayer({ ...settings, name: layer.name });
    const weights = [...layer.weights!];
    const statisticsOfAll = weights.splice(-2);
    const repeated = (own.length > 0 ? own : [null]).flatMap(() => statisticsOfAll);
    graph.replace(layer.name, { ...formOf(norm), weights: [...weights, ...repeated], state: layer.state });
  }
}

/** Dropout whose masks follow from a key, in the place of tfjs's own. */
export function replaceDropout(graph: Graph): void {
  for (const layer of [...graph.layers.values()]) {
    if (layer.className !== 'Dropout') continue;
    const { rate, noiseShape, seed } = layer.config as unknown as DropoutLayerSettings;
    const dropout = new DropoutLayer({ name: layer.name, rate, noiseShape, seed });
    graph.replace(layer.name, { ...formOf(dropout), state: layer.state });
  }
}
