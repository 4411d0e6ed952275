import type { CurveFrame } from '../src/drawing/curves';

/** What a pointer does with a chart, in epochs. */
export interface PointerTarget {
  frame(): CurveFrame | null;
  read(epoch: number): void;
  zoom(from: number, to: number): void;
  whole(): void;
}

/** Pixels that a pointer is drawn at least to mean a part of the epochs. */
const leastDrag = 8;

/** Reads the epoch under the pointer, zooms into what it is drawn across, and shows all again on a double click. */
export function pointerZoom(plot: HTMLElement, target: PointerTarget): void {
  let start: number | null = null;
  const mark = document.createElement('div');
  mark.className = 'selection';
  const within = (event: PointerEvent): number | null => {
    const frame = target.frame();
    if (frame === null) return null;
    const [left = 0, right = 0] = frame.x.range();
    return Math.min(right, Math.max(left, event.clientX - plot.getBoundingClientRect().left));
  };
  const epochAt = (x: number) => target.frame()?.x.invert(x) ?? 0;
  plot.addEventListener('pointerdown', (event) => {
    // A finger scrolls the page; it reads values all the same.
    start = event.button === 0 && event.pointerType !== 'touch' ? within(event) : null;
    if (start !== null) plot.setPointerCapture(event.pointerId);
    const at = within(event);
    if (at !== null) target.read(epochAt(at));
  });
  plot.addEventListener('pointermove', (event) => {
    const at = within(event);
    if (at === null) return;
    target.read(epochAt(at));
    if (start === null || Math.abs(at - start) < leastDrag) return;
    mark.style.left = `${Math.min(start, at)}px`;
    mark.style.width = `${Math.abs(at - start)}px`;
    if (!mark.isConnected) plot.append(mark);
  });
  const end = (event: PointerEvent, isDone: boolean) => {
    const at = within(event);
    const from = start;
    start = null;
    mark.remove();
    if (!isDone || from === null || at === null || Math.abs(at - from) < leastDrag) return;
    const [low, high] = [epochAt(Math.min(from, at)), epochAt(Math.max(from, at))];
    target.zoom(low, high);
  };
  plot.addEventListener('pointerup', (event) => end(event, true));
  plot.addEventListener('pointercancel', (event) => end(event, false));
  plot.addEventListener('dblclick', () => target.whole());
}
