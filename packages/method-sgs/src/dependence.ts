import type { Channels } from './channels';
import { normalisedInformation } from './information';
import { pairsAt } from './pairs';

/** What {@link meanDependence} is told. */
export interface DependenceOptions {
  /** `[kh, kw]`, both odd. */
  readonly size: readonly [number, number];
  /** Distance of neighbouring taps in pixels. */
  readonly dilation: readonly [number, number];
  readonly k: number;
  readonly zeros: 'keep' | 'drop';
}

/**
 * How much the pixel under the middle of a window says about that under each of its taps, a mean over channels: 1 in the
 * middle, else k d / ((k - 1) d + 1) of the normalised mutual information d. Taps on either side of the middle see the
 * same pairs and have one value.
 *
 * Channels that are constant are left out of a tap's mean; with `zeros: 'drop'` they count as 0, as in the authors' code.
 *
 * @returns a factor for each tap, row after row; null where no channel says anything
 */
export function meanDependence(inputs: readonly Channels[], options: DependenceOptions): number[] | null {
  const [kh, kw] = options.size;
  const taps = kh * kw;
  const middle = (taps - 1) / 2;
  const factors = new Array<number>(taps).fill(0);
  factors[middle] = 1;
  let informed = false;
  for (let tap = 0; tap < middle; tap++) {
    const rows = (Math.floor(tap / kw) - (kh - 1) / 2) * options.dilation[0];
    const columns = ((tap % kw) - (kw - 1) / 2) * options.dilation[1];
    const mean = overChannels(inputs, [rows, columns], options);
    if (mean === null) continue;
    informed = true;
    factors[tap] = mean;
    factors[taps - 1 - tap] = mean;
  }
  return informed ? factors : null;
}

function overChannels(
  inputs: readonly Channels[],
  offset: readonly [number, number],
  { k, zeros }: DependenceOptions,
): number | null {
  const channels = inputs[0]?.channels ?? 0;
  let sum = 0;
  let count = 0;
  let informed = false;
  for (let channel = 0; channel < channels; channel++) {
    const pairs = pairsAt(inputs, channel, offset, zeros === 'drop');
    const information = normalisedInformation(pairs, zeros === 'drop');
    if (information !== null) {
      informed = true;
      sum += (k * information) / ((k - 1) * information + 1);
    }
    if (information !== null || zeros === 'drop') count++;
  }
  return informed ? sum / count : null;
}
