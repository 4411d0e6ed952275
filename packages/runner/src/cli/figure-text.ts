import type { FigureSpec } from '@overparam/report';
import type { Figure } from '@overparam/training';

/** What a figure is called, without its unit. */
export function titleOf({ name }: FigureSpec): string {
  return name;
}

/** `8.87 %`, or `-` for a figure that was not counted. */
export function figureText({ unit }: FigureSpec, value: Figure): string {
  return value === null ? '-' : `${value.toFixed(unit === '%' || unit === 'deg' ? 2 : 4)} ${unit}`.trim();
}

/** The first figure of each task. */
export function headlines(metrics: readonly FigureSpec[]): readonly FigureSpec[] {
  return metrics.filter(({ task }, index) => metrics.findIndex((other) => other.task === task) === index);
}
