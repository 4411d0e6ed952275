import type { Task } from '@overparam/plugin';
import { noLabel, scaleColour, scaleStops } from './colours';
import { paint, type Size } from './paint';

/** What a {@link scalePicture} is told. */
export interface ScaleOptions {
  readonly size: Size;
  readonly unit: string;
  /** What bright and dark mean, for readers. */
  readonly text: string;
  /** Whether a number of a label is one, and no placeholder for a missing one. */
  isKnown(value: number): boolean;
}

/** Draws one number for each pixel, label and prediction on the scale of the label's own numbers. */
export function scalePicture({ size, unit, text, isKnown }: ScaleOptions): NonNullable<Task['picture']> {
  const [height, width] = size;
  return (prediction, label) => {
    let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const value of label) {
      if (!isKnown(value)) continue;
      from = Math.min(from, value);
      to = Math.max(to, value);
    }
    const colourOf = (value: number) => scaleColour((value - from) / Math.max(to - from, 1e-6));
    return {
      height,
      width,
      truth: paint(size, (pixel) => (isKnown(label[pixel]!) ? colourOf(label[pixel]!) : noLabel)),
      prediction: paint(size, (pixel) => colourOf(prediction[pixel]!)),
      legend: {
        text,
        colours: [{ name: 'no label', colour: noLabel }],
        ...(from <= to && { scale: { from, to, unit, stops: scaleStops } }),
      },
    };
  };
}
