import type { EChartsOption } from 'echarts';
import type { Form } from './axes';
import { type Description, drawChart } from './svg';

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
 * @param height  of each form, in CSS pixels
 */
export async function drawInBothForms(
  option: (form: Form) => EChartsOption,
  height: (form: Form) => number,
  about: Description,
  share: keyof typeof widths = 'full',
): Promise<string> {
  const draw = async (form: Form) => {
    const size = { width: widths[share][form], height: height(form) };
    const drawing = await drawChart(option(form), size, { ...about, id: `${about.id}-${form}` });
    return `<div class="${form}">${drawing}</div>`;
  };
  return `${await draw('wide')}${await draw('narrow')}`;
}
