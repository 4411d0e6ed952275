import { WeightedSum } from '@overparam/layers';
import type { Backbone, NetworkShape } from '@overparam/plugin';
import type * as tf from '@tensorflow/tfjs';
import { assemble, type Plan } from './assemble';
import { type CrossStitchOptions, crossStitchOptions, widthOf } from './options';
import { ownHeads } from './own-heads';
import { decode, encode, levels, sideMultiple } from './segnet-levels';

/**
 * A cross-stitch unit: each task goes on with its own weighted sum of all tasks' features.
 *
 * @param own  first weight of a task's own features; the others share the rest
 */
function stitch(
  features: readonly tf.SymbolicTensor[],
  names: readonly string[],
  own: number,
): tf.SymbolicTensor[] {
  if (features.length === 1) return [...features];
  const other = (1 - own) / (features.length - 1);
  return names.map((name, task) => {
    const initial = features.map((_, index) => (index === task ? own : other));
    return new WeightedSum({ name: `${name}_stitch`, initial }).apply([...features]) as tf.SymbolicTensor;
  });
}

/** What {@link segnetCrossStitch} is made of. */
export function crossStitchPlan(shape: NetworkShape, width: number, own: number): Plan {
  const tasks = shape.tasks.map(({ name }) => name);
  return {
    name: 'segnet-cross-stitch',
    multiple: sideMultiple,
    heads: ownHeads,
    trunk(image) {
      const places = new Map<number, tf.SymbolicTensor[]>();
      let columns = tasks.map(() => image);
      for (const level of levels) {
        const encoded = columns.map((x, index) => encode(x, level, width, `${tasks[index]}_`));
        places.set(
          level,
          encoded.map((each) => each.places),
        );
        const names = tasks.map((task) => `${task}_encoder${level}`);
        columns = stitch(
          encoded.map(({ pooled }) => pooled),
          names,
          own,
        );
      }
      let representations: string[] = [];
      for (const level of [...levels].reverse()) {
        const decoded = columns.map((x, index) =>
          decode(x, places.get(level)![index]!, level, width, `${tasks[index]}_`),
        );
        columns = decoded.map(({ last }) => last);
        if (level === 1) break;
        representations = columns.map(({ sourceLayer }) => sourceLayer.name);
        columns = stitch(
          columns,
          tasks.map((task) => `${task}_decoder${level}`),
          own,
        );
      }
      return { features: columns, representations };
    },
  };
}

/**
 * Cross-stitch networks: a whole SegNet for each task, joined after every level by weighted sums whose weights are
 * trained, one for each pair of tasks. With 13 classes, depth and normals it has 74 941 858 parameters. Sides of
 * images must be multiples of 32.
 *
 * Source: Misra et al. 2016, https://arxiv.org/abs/1604.03539
 */
export const segnetCrossStitch: Backbone<CrossStitchOptions> = {
  apiVersion: 1,
  name: 'segnet-cross-stitch',
  summary: 'a SegNet for each task, joined by cross-stitch units',
  source: {
    title: 'Misra, Shrivastava, Gupta, Hebert: Cross-stitch Networks for Multi-task Learning (CVPR 2016)',
    url: 'https://arxiv.org/abs/1604.03539',
  },
  options: crossStitchOptions,
  build(shape, { width, initialisation, own }) {
    const schemes = { shared: initialisation, own: initialisation };
    return assemble(crossStitchPlan(shape, widthOf(width), own), shape, schemes);
  },
};
