import type { Task } from '@overparam/plugin';
import { classColour, noLabel } from './colours';
import { likeliest } from './likeliest';
import { paint, type Size } from './paint';

/**
 * Draws classes, one for each pixel, in a colour each. Of logits the largest is drawn.
 *
 * @param names  of the classes, in their order
 */
export function classPicture([height, width]: Size, names: readonly string[]): NonNullable<Task['picture']> {
  const size = [height, width] as const;
  const colours = names.map((_, index) => classColour(index));
  const legend = {
    text: 'A colour for each class.',
    colours: [
      ...names.map((name, index) => ({ name, colour: colours[index]! })),
      { name: 'no label', colour: noLabel },
    ],
  };
  return (prediction, label) => ({
    height,
    width,
    truth: paint(size, (pixel) => colours[label[pixel]!] ?? noLabel),
    prediction: paint(size, (pixel) => {
      const index = likeliest(prediction, pixel * names.length, names.length);
      return colours[index] ?? noLabel;
    }),
    legend,
  });
}
