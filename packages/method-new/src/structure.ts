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
  const single = isPointwise(site);
  const { strength } = options;
  const a = typeof strength === 'number' ? strength : single ? strength.pointwise : strength.spatial;
  const frames = framesOf(site, options);
  const framed = a > 0 && (frames === 'channel' || frames === 'unfolded');
  const unfolded = frames === 'unfolded' && !single;
  const shapesAllow = cin === cout && site.strides[0] === 1 && site.strides[1] === 1 && centred(site);
  const wanted = wantedBranches(site, frames, options);
  const pointwise = wanted.pointwise && !single && centred(site);
  const identity = wanted.identity && !single && shapesAllow;
  const v = framed && (!single || cin < cout) ? (unfolded ? kw * cin : cin) : null;
  return {
    u: framed && (!single || cout <= cin) ? (unfolded ? kh * cout : cout) : null,
    v,
    whitening: frames === 'whitening',
    unfolded,
    strength: a,
    pointwise,
    identity,
    scales: options.scales && (pointwise || identity),
  };
}

/**
 * What `auto` stands for. Whitening changes a layer at the first update, so it is not for one that goes on from what it is given; and the
 * inputs of trunks differ, which one covariance cannot follow. On 1x1 and dense layers it was not tried.
 */
function framesOf(
  site: Site,
  { frames, start, multiTask }: TriRepOptions,
): Exclude<TriRepOptions['frames'], 'auto'> {
  if (frames !== 'auto') return frames;
  if (start === 'preserve' || hasTrunks(site.tasks, multiTask)) return 'channel';
  return isPointwise(site) ? 'none' : 'whitening';
}

/** What `auto` stands for: a layer that whitens was best without a 1x1 kernel, and one that a shortcut leads around has the identity already. */
function wantedBranches(
  { bypassed }: Site,
  frames: TriRepOptions['frames'],
  { branches: { pointwise, identity } }: TriRepOptions,
) {
  return {
    pointwise: pointwise === 'auto' ? frames !== 'whitening' : pointwise,
    identity: identity === 'auto' ? !bypassed : identity,
  };
}

/** Whether `auto` puts nothing around a layer, which then is one kernel, as it is without TriRep. */
export function isBare(site: Site, options: TriRepOptions): boolean {
  const hasCores = site.tasks.length > 1 && options.multiTask !== 'shared';
  return options.frames === 'auto' && !hasCores && framesOf(site, options) === 'none';
}

/** Whether each of several tasks has a core of its own, and so inputs of its own. */
export function hasTrunks(tasks: readonly string[], multiTask: TriRepOptions['multiTask']): boolean {
  return tasks.length > 1 && (multiTask === 'perTask' || multiTask === 'merge');
}

/** A 1x1 kernel, or that of a dense layer. */
function isPointwise({ kernelShape: [kh, kw] }: Site): boolean {
  return kh === 1 && kw === 1;
}

/** A kernel with a middle tap. */
function centred({ kernelShape: [kh, kw] }: Site): boolean {
  return kh % 2 === 1 && kw % 2 === 1;
}
