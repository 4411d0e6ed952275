import type { Figure } from '@overparam/training';
import { tasksOf } from '../comparison/figures';
import type { FigureSpec } from '../comparison/run-records';
import { absent } from './numbers';

/** What a figure is called, without its unit: `top-1 error`. */
export function figureTitle({ name, title = name }: Pick<FigureSpec, 'name' | 'title'>): string {
  return title;
}

/** Digits behind the point that a figure is shown with. */
export function figureDigits({ unit, digits }: Pick<FigureSpec, 'unit' | 'digits'>): number {
  return digits ?? (unit === '%' || unit === '°' ? 2 : 4);
}

/** `27.60 %`, `30.00°`, or `-` for a figure that was not counted. */
export function figureText(figure: Pick<FigureSpec, 'unit' | 'digits'>, value: Figure): string {
  if (value === null) return absent;
  const space = figure.unit === '°' ? '' : ' ';
  return `${value.toFixed(figureDigits(figure))}${space}${figure.unit}`.trimEnd();
}

/** `top-1 error %`: what a figure is called in tables and charts. */
export function titleOf(figure: FigureSpec): string {
  return `${figureTitle(figure)} ${figure.unit}`.trimEnd();
}

/** {@link titleOf} with the direction in which the figure gets better. */
export function headingOf(figure: FigureSpec): string {
  return `${titleOf(figure)} ${figure.direction === 'higher' ? '↑' : '↓'}`;
}

/** Headings of columns, one for each figure; those that would be the same name their task. */
export function headingsOf(metrics: readonly FigureSpec[]): string[] {
  const plain = metrics.map(headingOf);
  return plain.map((heading, index) =>
    plain.filter((other) => other === heading).length > 1 ? `${metrics[index]!.task}: ${heading}` : heading,
  );
}

/** Which way a figure gets better, for people who read no arrows. */
export function betterText({ direction }: Pick<FigureSpec, 'direction'>): string {
  return direction === 'higher' ? 'higher is better' : 'lower is better';
}

/** A text with its task before it, where there are several tasks. */
export function ofTask(task: string, text: string, metrics: readonly FigureSpec[]): string {
  return tasksOf(metrics).length > 1 ? `${task}: ${text}` : text;
}
