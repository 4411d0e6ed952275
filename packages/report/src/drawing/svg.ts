import { escapeMarkup } from './escape';

/** Size of a drawing in CSS pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Space around what is drawn, in CSS pixels, for names and numbers. */
export interface Margins {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** What a figure is called and what it shows, for people who do not see it. */
export interface Description {
  /** Unique in the page; letters, digits and dashes. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
}

/** A tenth of a pixel is as exact as a screen, and keeps pages small. */
export function pixel(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** A whole drawing as an inline SVG element: scalable, without scripts, and named for screen readers. */
export function drawing({ width, height }: Size, about: Description, content: string): string {
  const title = `${about.id}-title`;
  const description = `${about.id}-description`;
  return `<svg role="img" aria-labelledby="${title} ${description}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"><title id="${title}">${escapeMarkup(about.title)}</title><desc id="${description}">${escapeMarkup(about.description)}</desc>${content}</svg>`;
}

/** A straight line. @param className  decides its colour and width */
export function segment(x1: number, y1: number, x2: number, y2: number, className: string): string {
  return `<path class="${className}" d="M${pixel(x1)} ${pixel(y1)}L${pixel(x2)} ${pixel(y2)}"/>`;
}

/** Text at a point, by default to the right of it. */
export function label(
  x: number,
  y: number,
  text: string,
  anchor: 'start' | 'middle' | 'end' = 'start',
  className = '',
): string {
  const place = anchor === 'start' ? '' : ` text-anchor="${anchor}"`;
  const classes = className === '' ? '' : ` class="${className}"`;
  return `<text x="${pixel(x)}" y="${pixel(y)}"${place}${classes}>${escapeMarkup(text)}</text>`;
}
