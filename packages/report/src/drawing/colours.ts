/** One colour on light and on dark ground. */
export interface Colour {
  readonly light: string;
  readonly dark: string;
}

/** Colours that are not a row's. */
export const neutral = {
  ink: { light: '#1d2330', dark: '#e8ebf1' },
  muted: { light: '#5b6473', dark: '#a3acbb' },
  line: { light: '#d6dbe3', dark: '#3a4250' },
  paper: { light: '#ffffff', dark: '#14181f' },
} as const satisfies Record<string, Colour>;

/** The baseline is grey, so that the methods stand out against it. */
export const baselineColour: Colour = { light: '#7a8291', dark: '#98a1b1' };

/**
 * Colours of the other rows, in order. After Okabe and Ito (2008), "Color universal design", which people with any
 * of the common colour deficiencies tell apart; darkened or lightened to 3:1 on their ground.
 */
export const rowColours: readonly Colour[] = [
  { light: '#0072b2', dark: '#58aef0' },
  { light: '#d55e00', dark: '#ff8f45' },
  { light: '#00876a', dark: '#2fc99d' },
  { light: '#aa4499', dark: '#e08fd2' },
  { light: '#a67700', dark: '#f2c744' },
  { light: '#2f8fc4', dark: '#9bd6f7' },
  { light: '#882255', dark: '#d9719f' },
  { light: '#6b6b13', dark: '#bcbc50' },
];

/** Dash patterns in SVG units; rows differ by dash as well as by colour. `[]` is a full line. */
const dashes: readonly (readonly number[])[] = [
  [],
  [7, 3],
  [2, 2],
  [9, 3, 2, 3],
  [],
  [7, 3],
  [2, 2],
  [9, 3, 2, 3],
];

/** How a row is drawn wherever it appears. */
export interface RowStyle {
  /** Of its marks: the style sheet gives it the variable `--row`, on light and on dark ground. */
  readonly className: string;
  readonly dash: readonly number[];
}

/** What is in no drawing of rows but that of the headline figures: the single-task networks. */
export const referenceStyle: RowStyle = { className: 'row-reference', dash: [2, 2] };

/**
 * Colour and dash of every row.
 *
 * @param count     number of rows
 * @param baseline  index of the baseline's row, -1 for none
 */
export function rowStyles(count: number, baseline: number): RowStyle[] {
  let next = 0;
  return Array.from({ length: count }, (_, row) => {
    if (row === baseline) return { className: 'row-baseline', dash: [] };
    const index = next++;
    const colour = index % rowColours.length;
    const dash = dashes[(index + Math.floor(index / rowColours.length)) % dashes.length] ?? [];
    return { className: `row-${colour + 1}`, dash };
  });
}

/** All colours of rows by the class of their marks. */
export const colourOf: Readonly<Record<string, Colour>> = {
  'row-baseline': baselineColour,
  'row-reference': neutral.muted,
  ...Object.fromEntries(rowColours.map((colour, index) => [`row-${index + 1}`, colour])),
};
