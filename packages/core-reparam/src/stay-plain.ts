import { OverparamError } from '@overparam/errors';
import { isDilated, takesGradients } from './network/gradients';
import type { Graph } from './network/graph';
import { replaceSite } from './network/replace';
import { type SiteSettings, siteOf } from './network/sites';
import { plain } from './plain';

/** Convolutions whose gradients tfjs does not know where they are dilated. */
const kinds = ['Conv2D', 'Conv3D', 'SeparableConv2D'];

/**
 * Makes dilated convolutions that no method has taken trainable, where training takes gradients through them: tfjs's
 * own layer stops at the first step. They become expansions by `plain`, which are the same layer.
 *
 * @throws OverparamError `no-gradient` for one that cannot be expanded either
 */
export function makeDilatedTrainable(whole: Graph, settings: SiteSettings, fitDecay: number): void {
  for (const graph of whole.withInner()) {
    for (const layer of [...graph.layers.values()]) {
      if (!kinds.includes(layer.className) || !isDilated(layer) || !takesGradients(graph, layer.name))
        continue;
      // Frozen or not, it is the same layer again.
      const { site, reason } = siteOf(graph, { ...layer, frozen: 'no' }, settings);
      if (!site) {
        throw new OverparamError(
          'no-gradient',
          `The layer "${layer.path}" is dilated, and TensorFlow.js has no gradient for that (${layer.className}). ` +
            `It cannot be expanded by "plain" instead, as it ${reason}.`,
        );
      }
      const { weights, state } = layer;
      const options = { start: 'preserve' } as const;
      replaceSite(
        graph,
        layer.name,
        { site, method: plain.name, options, fitDecay },
        plain.expand(site, options),
      );
      graph.replace(layer.name, { ...graph.layer(layer.name), weights, state });
    }
  }
}
