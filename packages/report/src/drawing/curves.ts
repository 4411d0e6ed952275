import { scaleLinear } from 'd3-scale';
import { area, line } from 'd3-shape';
import { leftAxis, lowerAxis, type Scale } from './axes';
import type { BandPoint, CurveBoundary, CurveRow } from './curve-data';
import { label, type Margins, pixel, type Size, segment } from './svg';

/** A row's line and band. */
export interface DrawnCurve extends Pick<CurveRow, 'className' | 'dash'> {
  readonly points: readonly BandPoint[];
}

/** What of the curves is seen. */
export interface CurveView {
  readonly title: string;
  readonly boundaries: readonly CurveBoundary[];
  /** Epochs from and to; all where null. */
  readonly range: readonly [number, number] | null;
}

/** Where epochs and values lie in a drawing of curves. */
export interface CurveFrame {
  readonly x: Scale;
  readonly y: Scale;
  readonly margins: Margins;
}

/** Epochs from zero to the last one that any curve has. */
export function wholeRange(curves: readonly DrawnCurve[]): readonly [number, number] {
  const last = Math.max(1, ...curves.map(({ points }) => points.at(-1)?.epoch ?? 1));
  return [0, last];
}

/** The scales of a drawing: values fill its height, of the epochs that are seen alone. */
export function curveFrame(
  curves: readonly DrawnCurve[],
  { boundaries, range }: Pick<CurveView, 'boundaries' | 'range'>,
  size: Size,
): CurveFrame {
  const margins = { left: 56, right: 18, top: boundaries.length > 0 ? 46 : 32, bottom: 42 };
  const [from, to] = range ?? wholeRange(curves);
  const seen = curves.flatMap(({ points }) => points.filter(({ epoch }) => epoch >= from && epoch <= to));
  const low = seen.reduce(
    (least, { mean, sd }) => Math.min(least, mean - (sd ?? 0)),
    Number.POSITIVE_INFINITY,
  );
  const high = seen.reduce(
    (most, { mean, sd }) => Math.max(most, mean + (sd ?? 0)),
    Number.NEGATIVE_INFINITY,
  );
  const flat = low === high ? Math.abs(low) * 0.05 || 0.5 : 0;
  return {
    x: scaleLinear()
      .domain([from, to])
      .range([margins.left, size.width - margins.right]),
    y: scaleLinear()
      .domain(seen.length > 0 ? [low - flat, high + flat] : [0, 1])
      .nice(5)
      .range([size.height - margins.bottom, margins.top]),
    margins,
  };
}

/** Dotted uprights where rows change their stage, with its name on top. */
function uprights(boundaries: readonly CurveBoundary[], { x, margins }: CurveFrame, size: Size): string {
  const [from, to] = x.domain() as [number, number];
  return boundaries
    .filter(({ epoch }) => epoch >= from && epoch <= to)
    .map(({ stage, epoch }) => {
      const at = x(epoch);
      const line = segment(at, margins.top, at, size.height - margins.bottom, 'boundary');
      return `${line}${label(at, margins.top - 4, stage, 'middle', 'quiet')}`;
    })
    .join('');
}

/** Points that are seen, and one to each side, whose lines come in from there. */
function near(points: readonly BandPoint[], [from, to]: readonly [number, number]): readonly BandPoint[] {
  const first = points.findIndex(({ epoch }) => epoch >= from);
  const last = points.findLastIndex(({ epoch }) => epoch <= to);
  if (first < 0 || last < 0) return [];
  return points.slice(Math.max(0, first - 1), last + 2);
}

/** Curves of some rows: bands of one standard deviation, and the means on top of all of them. */
export function curveDrawing(
  curves: readonly DrawnCurve[],
  view: CurveView,
  size: Size,
  clip: string,
): string {
  const frame = curveFrame(curves, view, size);
  const { x, y, margins } = frame;
  const range = x.domain() as [number, number];
  const path = line<BandPoint>(
    ({ epoch }) => x(epoch),
    ({ mean }) => y(mean),
  ).digits(1);
  const band = area<BandPoint>(
    ({ epoch }) => x(epoch),
    ({ mean, sd }) => y(mean - (sd ?? 0)),
    ({ mean, sd }) => y(mean + (sd ?? 0)),
  ).digits(1);
  const shown = curves.map((curve) => ({ ...curve, points: near(curve.points, range) }));
  const bands = shown
    .filter(({ points }) => points.some(({ sd }) => sd !== null))
    .map(({ className, points }) => `<path class="band ${className}" d="${band(points) ?? ''}"/>`);
  const lines = shown.map(({ className, dash, points }) => {
    const [only] = points;
    if (points.length === 1 && only)
      return `<circle class="dot ${className}" cx="${pixel(x(only.epoch))}" cy="${pixel(y(only.mean))}" r="3"/>`;
    return `<path class="curve ${className}" stroke-dasharray="${dash.join(' ')}" d="${path(points) ?? ''}"/>`;
  });
  const [left, right] = x.range() as [number, number];
  const window = `<clipPath id="${clip}"><rect x="${left}" y="${margins.top - 2}" width="${right - left + 2}" height="${size.height - margins.top - margins.bottom + 4}"/></clipPath>`;
  return `${window}${label(0, 14, view.title, 'start', 'title')}${leftAxis(y, size, margins)}${lowerAxis(x, size, margins, 'epoch', 'epochs')}${segment(left, size.height - margins.bottom, right, size.height - margins.bottom, 'axis')}${uprights(view.boundaries, frame, size)}<g clip-path="url(#${clip})">${bands.join('')}${lines.join('')}</g>`;
}
