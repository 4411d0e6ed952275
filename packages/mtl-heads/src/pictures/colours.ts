import type { Colour } from '@overparam/plugin';

/** What has no label, or is not shown. */
export const noLabel: Colour = [32, 34, 38];

/**
 * A colour for each class, told apart by hue and lightness: hues by the golden angle, which keeps neighbours far
 * from each other for any number of classes.
 */
export function classColour(index: number): Colour {
  const hue = (index * 137.508) % 360;
  const lightness = [0.5, 0.68, 0.36][index % 3]!;
  return fromHsl(hue, 0.62, lightness);
}

function fromHsl(hue: number, saturation: number, lightness: number): Colour {
  const amplitude = saturation * Math.min(lightness, 1 - lightness);
  const channel = (offset: number) => {
    const k = (offset + hue / 30) % 12;
    return Math.round(255 * (lightness - amplitude * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return [channel(0), channel(8), channel(4)];
}

/** Stops of a scale from least to most, even in lightness from bright to dark (after matplotlib's `magma`, by eye). */
export const scaleStops: readonly Colour[] = [
  [252, 240, 178],
  [253, 159, 108],
  [221, 74, 105],
  [140, 41, 129],
  [59, 15, 112],
  [10, 8, 30],
];

/** A colour for a share of the way from least (0) to most (1); clamped. */
export function scaleColour(share: number): Colour {
  const place = Math.min(1, Math.max(0, share)) * (scaleStops.length - 1);
  const index = Math.min(scaleStops.length - 2, Math.floor(place));
  const [from, to] = [scaleStops[index]!, scaleStops[index + 1]!];
  const mix = (channel: 0 | 1 | 2) =>
    Math.round(from[channel] + (to[channel] - from[channel]) * (place - index));
  return [mix(0), mix(1), mix(2)];
}

/** A colour for a direction of any length: its components from -1 to 1 as red, green and blue. */
export function directionColour(x: number, y: number, z: number): Colour {
  const length = Math.hypot(x, y, z) || 1;
  const channel = (value: number) => Math.round(127.5 * (value / length + 1));
  return [channel(x), channel(y), channel(z)];
}
