import { stripVTControlCharacters } from 'node:util';

/** Pictures, and letters of East Asian scripts, which take two columns (Unicode's widths W and F, by blocks). */
const wide =
  /^(?:\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}]|.\ufe0f)/u;
const invisible = /^[\p{Cc}\p{Cf}\p{Mn}\p{Me}]/u;
const plain = /^[ -~\u00a0-\u02ff]*$/;

let segmenter: Intl.Segmenter | null = null;

/** Columns that a text takes on a terminal; colours and other escape sequences take none. */
export function displayWidth(text: string): number {
  if (plain.test(text)) return text.length;
  segmenter ??= new Intl.Segmenter();
  let width = 0;
  for (const { segment } of segmenter.segment(stripVTControlCharacters(text))) {
    if (!invisible.test(segment)) width += wide.test(segment) ? 2 : 1;
  }
  return width;
}

/** The beginning of a text that takes at most `width` columns. */
export function cutToWidth(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  segmenter ??= new Intl.Segmenter();
  let cut = '';
  let left = width;
  for (const { segment } of segmenter.segment(text)) {
    left -= displayWidth(segment);
    if (left < 0) break;
    cut += segment;
  }
  return cut;
}

/** A text filled up with spaces to `width` columns, in front of it or behind. */
export function padToWidth(text: string, width: number, side: 'start' | 'end'): string {
  const spaces = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return side === 'start' ? spaces + text : text + spaces;
}
