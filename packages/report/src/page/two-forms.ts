import type { Form } from '../drawing/axes';
import { type Description, drawing, type Size } from '../drawing/svg';

/** Widths at which figures are drawn, in CSS pixels; halves sit side by side on a desk. */
const widths = {
  full: { wide: 1000, narrow: 344 },
  half: { wide: 490, narrow: 344 },
  third: { wide: 320, narrow: 344 },
} as const;

/**
 * Draws a figure twice, for a desk and for a phone, so that its text is legible on both; the style sheet shows
 * the one that fits.
 *
 * @param draw    what stands in the figure, by its form and size
 * @param height  of each form, in CSS pixels
 */
export function drawInBothForms(
  draw: (form: Form, size: Size) => string,
  height: (form: Form) => number,
  about: Description,
  share: keyof typeof widths = 'full',
): string {
  return (['wide', 'narrow'] as const)
    .map((form) => {
      const size = { width: widths[share][form], height: height(form) };
      const content = draw(form, size);
      return `<div class="${form}">${drawing(size, { ...about, id: `${about.id}-${form}` }, content)}</div>`;
    })
    .join('');
}
