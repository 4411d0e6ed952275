import { GatedSum } from '@overparam/layers';
import { deeplabHead } from '@overparam/mtl-heads';
import type { Backbone, NetworkShape } from '@overparam/plugin';
import type * as tf from '@tensorflow/tfjs';
import { assemble, type Plan, type Schemes } from './assemble';
import { dilatedTrunk } from './dilated';
import { type GateParts, selectionGates, softmaxGates } from './gates';
import { widthOf } from './options';
import {
  type CgcOptions,
  cgcOptions,
  type DselectOptions,
  dselectOptions,
  type ExpertOptions,
  type MmoeOptions,
  mmoeOptions,
} from './options-experts';
import { ownHeads } from './own-heads';
import { segnetTrunk } from './segnet';
import { sideMultiple } from './segnet-levels';

/** How many experts there are, and how a task chooses among them. */
interface Mixture {
  readonly name: string;
  readonly shared: number;
  /** Experts of each task alone. */
  readonly own: number;
  readonly gates: GateParts;
}

/** An expert's features; its layers' names begin with `prefix`. */
function expert(
  image: tf.SymbolicTensor,
  { trunk, width }: ExpertOptions,
  prefix: string,
): tf.SymbolicTensor {
  const channels = widthOf(width);
  if (trunk === 'segnet') return segnetTrunk(image, channels, prefix).decoded.get(1)!.last;
  return dilatedTrunk(image, channels, prefix);
}

/** What a network of experts is made of. */
function mixturePlan({ tasks }: NetworkShape, options: ExpertOptions, mixture: Mixture): Plan {
  const { gate, schemes } = mixture.gates;
  const deep = options.trunk === 'resnet50-dilated';
  const { rates, dropout } = options;
  const whole = schemesOf(options);
  const dense = deeplabHead({ filters: 4 * widthOf(options.width), rates, dropout });
  return {
    name: mixture.name,
    multiple: deep ? 1 : sideMultiple,
    heads: deep ? { ...ownHeads, dense } : ownHeads,
    trunk(image) {
      const numbered = (count: number, prefix: string) =>
        Array.from({ length: count }, (_, index) => expert(image, options, `${prefix}expert${index + 1}_`));
      const shared = numbered(mixture.shared, '');
      const features = tasks.map(({ name }) => {
        const given = [...shared, ...numbered(mixture.own, `${name}_`)];
        const sum = new GatedSum({ name: `${name}_experts` });
        return sum.apply([gate(image, name), ...given]) as tf.SymbolicTensor;
      });
      const ownExperts = tasks.map(({ name }) => `${name}_expert`);
      return {
        features,
        representations: shared.map(({ sourceLayer }) => sourceLayer.name),
        schemeOf: (layer) =>
          // A task's own experts begin as the shared ones do.
          schemes.get(layer) ??
          (ownExperts.some((start) => layer.startsWith(start)) ? whole.shared : undefined),
      };
    },
  };
}

/** As published for the trunk, or the scheme that is asked for; heads and gates as PyTorch begins them. */
function schemesOf({ trunk, initialisation }: ExpertOptions): Schemes {
  const published = trunk === 'segnet' ? 'xavier' : 'fanOut';
  const shared = initialisation === 'published' ? published : initialisation;
  return { shared, own: trunk === 'segnet' ? shared : 'uniform' };
}

/** What {@link mmoe} is made of. */
export function mmoePlan(shape: NetworkShape, options: MmoeOptions): Plan {
  const gates = softmaxGates(options.gate, options.experts);
  return mixturePlan(shape, options, { name: 'mmoe', shared: options.experts, own: 0, gates });
}

/**
 * MMoE: several trunks, the experts, that all tasks share, and a gate for each task that weighs them by a softmax. In the
 * form for images of LibMTL: each expert is a whole trunk, and a gate sees every pixel. With three dilated ResNet-50s, images
 * of 288x384, 13 classes, depth and normals it has 121 890 778 parameters.
 *
 * Source: Ma et al. 2018, https://doi.org/10.1145/3219819.3220007
 */
export const mmoe: Backbone<MmoeOptions> = {
  apiVersion: 1,
  name: 'mmoe',
  summary: 'MMoE: whole trunks as experts that tasks share, weighed by a gate for each task',
  source: {
    title:
      'Ma, Zhao, Yi, Chen, Hong, Chi: Modeling Task Relationships in Multi-task Learning with Multi-gate Mixture-of-Experts (KDD 2018)',
    url: 'https://doi.org/10.1145/3219819.3220007',
  },
  options: mmoeOptions,
  build: (shape, options) => assemble(mmoePlan(shape, options), shape, schemesOf(options)),
};

/** What {@link cgc} is made of. */
export function cgcPlan(shape: NetworkShape, options: CgcOptions): Plan {
  const { experts, taskExperts } = options;
  const gates = softmaxGates(options.gate, experts + taskExperts);
  return mixturePlan(shape, options, { name: 'cgc', shared: experts, own: taskExperts, gates });
}

/**
 * CGC: experts that all tasks share and experts of each task alone; a task's gate weighs both. In the form for images of
 * LibMTL.
 *
 * Source: Tang et al. 2020, https://doi.org/10.1145/3383313.3412236
 */
export const cgc: Backbone<CgcOptions> = {
  apiVersion: 1,
  name: 'cgc',
  summary: 'CGC: experts that tasks share and experts of each task, weighed by a gate for each task',
  source: {
    title:
      'Tang, Liu, Zhao, Gong: Progressive Layered Extraction (PLE): A Novel Multi-Task Learning (MTL) Model for Personalized Recommendations (RecSys 2020)',
    url: 'https://doi.org/10.1145/3383313.3412236',
  },
  options: cgcOptions,
  build: (shape, options) => assemble(cgcPlan(shape, options), shape, schemesOf(options)),
};

/** What {@link dselectK} is made of. */
export function dselectPlan(shape: NetworkShape, options: DselectOptions): Plan {
  const gates = selectionGates(options.gate, options);
  return mixturePlan(shape, options, { name: 'dselect-k', shared: options.experts, own: 0, gates });
}

/**
 * DSelect-k: experts that all tasks share, of which each task learns to take `nonzeros` at most, by selectors whose weights
 * become exactly 0 and 1. The paper's penalty on the selectors' entropy, off in its code by default, is left out, and so is the
 * one for numbers of experts that are no power of two, which are refused.
 *
 * Source: Hazimeh et al. 2021, https://arxiv.org/abs/2106.03760
 */
export const dselectK: Backbone<DselectOptions> = {
  apiVersion: 1,
  name: 'dselect-k',
  summary: 'DSelect-k: experts that tasks share, of which each learns to take a few',
  source: {
    title:
      'Hazimeh and others: DSelect-k: Differentiable Selection in the Mixture of Experts with Applications to Multi-Task Learning (NeurIPS 2021)',
    url: 'https://arxiv.org/abs/2106.03760',
  },
  options: dselectOptions,
  build: (shape, options) => assemble(dselectPlan(shape, options), shape, schemesOf(options)),
};
