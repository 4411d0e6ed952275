import type { EChartsOption } from 'echarts';
import { escapeMarkup } from './escape';

/** Size of a drawing in CSS pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** What a figure is called and what it shows, for people who do not see it. */
export interface Description {
  /** Unique in the page; letters, digits and dashes. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
}

/**
 * Draws one chart as an inline SVG element: scalable, without scripts, and named for screen readers.
 *
 * The charting library is loaded at the first call only, as it is heavy.
 */
export async function drawChart(option: EChartsOption, size: Size, about: Description): Promise<string> {
  const echarts = await import('echarts');
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, ...size });
  try {
    chart.setOption({ ...option, animation: false });
    return toInline(chart.renderToSVGString(), about);
  } finally {
    chart.dispose();
  }
}

/** Removes what only a live chart needs, clips included as the axes hold all points, and adds the accessible name. */
function toInline(svg: string, about: Description): string {
  const titleId = `${about.id}-title`;
  const descriptionId = `${about.id}-description`;
  const open = `role="img" aria-labelledby="${titleId} ${descriptionId}"`;
  const names = `<title id="${titleId}">${escapeMarkup(about.title)}</title><desc id="${descriptionId}">${escapeMarkup(about.description)}</desc>`;
  return svg
    .replace(/<style[\s\S]*?<\/style>|<clipPath[\s\S]*?<\/clipPath>/g, '')
    .replace(
      / (?:ecmeta_\w+|clip-path|class|pointer-events|xmlns(?::xlink)?|baseProfile|version)="[^"]*"/g,
      '',
    )
    .replace(/^<svg ([^>]*)>/, (_, attributes: string) => `<svg ${open} ${attributes}>${names}`);
}
