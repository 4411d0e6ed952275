import type { Task } from '@overparam/plugin';
import { directionColour, noLabel } from './colours';
import { paint, type Size } from './paint';

const legend = {
  text: 'Directions as red, green and blue.',
  colours: [
    { name: 'x', colour: directionColour(1, 0, 0) },
    { name: 'y', colour: directionColour(0, 1, 0) },
    { name: 'z', colour: directionColour(0, 0, 1) },
    { name: 'no label', colour: noLabel },
  ],
};

/** Draws a direction of three components for each pixel, of any length; a label of length 0 is none. */
export function directionPicture([height, width]: Size): NonNullable<Task['picture']> {
  const size = [height, width] as const;
  const colourOf = (values: ArrayLike<number>, pixel: number) =>
    directionColour(values[pixel * 3]!, values[pixel * 3 + 1]!, values[pixel * 3 + 2]!);
  const isKnown = (label: ArrayLike<number>, pixel: number) =>
    [0, 1, 2].some((at) => label[pixel * 3 + at] !== 0);
  return (prediction, label) => ({
    height,
    width,
    truth: paint(size, (pixel) => (isKnown(label, pixel) ? colourOf(label, pixel) : noLabel)),
    prediction: paint(size, (pixel) => colourOf(prediction, pixel)),
    legend,
  });
}
