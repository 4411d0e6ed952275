import type { Site } from '@overparam/plugin';
import type { TriRepOptions } from './options';

/** What TriRep puts around one layer's kernel. */
export interface Structure {
  /** Side of the output frame U, or null for none. */
  readonly u: number | null;
  /** Side of the input frame V, or null for none. */
  readonly v: number | null;
  /** Whether the input frame is what whitens the channels that come in. */
  readonly whitening: boolean;
  /** Whether frames act on FNL's matricisation instead of on channels. */
  readonly unfolded: boolean;
  /** a in U = I + a U^, V = I + a V^. */
  readonly strength: number;
  readonly pointwise: boolean;
  readonly identity: boolean;
  readonly scales: boolean;
  /** Whether the scales are made by a small network. */
  readonly generated: boolean;
  /** Whether branches are divided by the deviations of what they give. */
  readonly norms: boolean;
  /** Whether a number for each tap weighs the core. */
  readonly taps: boolean;
  /** Whether the core is directions times lengths. */
  readonly normalised: boolean;
  /** Whether a nonlinearity stands between V and the core. */
  readonly fading: boolean;
}

/**
 * Decides frames and branches of one layer.
 *
 * 1x1 and dense layers take one frame, on the smaller side: on the larger it would cost more than the layer
 * itself (Hu et al., OREPA, CVPR 2022, does the same). Scales weigh branches against each other, so a layer
 * without branches has none.
 */
export function structureOf(site: Site, options: TriRepOptions): Structure {
  const [kh, kw, cin, cout] = site.kernelShape;
  const isPointwise = kh === 1 && kw === 1;
  const { strength } = options;
  const a = typeof strength === 'number' ? strength : isPointwise ? strength.pointwise : strength.spatial;
  const whitening = options.frames === 'whitening';
  const framed = a > 0 && options.frames !== 'none' && !whitening;
  const unfolded = options.frames === 'unfolded' && !isPointwise;
  const shapesAllow = cin === cout && site.strides[0] === 1 && site.strides[1] === 1 && centred(site);
  const wanted = options.branches.identity === 'auto' ? !site.bypassed : options.branches.identity;
  const pointwise = options.branches.pointwise && !isPointwise && centred(site);
  const identity = wanted && !isPointwise && shapesAllow;
  const v = framed && (!isPointwise || cin < cout) ? (unfolded ? kw * cin : cin) : null;
  return {
    u: framed && (!isPointwise || cout <= cin) ? (unfolded ? kh * cout : cout) : null,
    v,
    whitening,
    unfolded,
    strength: a,
    pointwise,
    identity,
    scales: options.scales !== false && (pointwise || identity),
    generated: options.scales === 'generated',
    norms: options.branchNorms && (pointwise || identity),
    taps: options.taps && !isPointwise,
    normalised: options.normalised,
    // V mixes channels at a pixel in the channel form alone, and only there is a place for it behind V.
    fading: options.fading !== 'none' && v !== null && !unfolded && !isPointwise,
  };
}

/** A kernel with a middle tap. */
function centred({ kernelShape: [kh, kw] }: Site): boolean {
  return kh % 2 === 1 && kw % 2 === 1;
}
