const space = 'http://www.w3.org/2000/svg';

/** One line of a chart. */
export interface Line {
  /** Also the class that styles it. */
  readonly name: string;
  readonly points: readonly (readonly [number, number])[];
  /** Points as they were measured, drawn faintly behind a smoothed line. */
  readonly raw?: readonly (readonly [number, number])[];
}

/** What a chart shows. */
export interface Chart {
  readonly label: string;
  readonly lines: readonly Line[];
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
  /** Text of a value on the upright axis. */
  readonly format: (value: number) => string;
  readonly xTitle: string;
}

function node(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  text?: string,
): SVGElement {
  const made = document.createElementNS(space, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  if (text !== undefined) made.textContent = text;
  return made;
}

/** Draws lines into a box, over what was there. */
export function drawChart(box: HTMLElement, { label, lines, x, y, format, xTitle }: Chart): void {
  // Drawn in the box's own pixels, so that text is of one size on every screen.
  const width = Math.max(260, box.clientWidth);
  const height = Math.round(Math.max(190, Math.min(280, width * 0.55)));
  const [left, right, top, bottom] = [46, 8, 8, 36];
  const place = ([a, b]: readonly [number, number]) =>
    [
      left + ((a - x[0]) / Math.max(x[1] - x[0], 1e-9)) * (width - left - right),
      height - bottom - ((b - y[0]) / Math.max(y[1] - y[0], 1e-9)) * (height - top - bottom),
    ] as const;
  const path = (points: Line['points']) =>
    points
      .map(
        (point, index) =>
          `${index === 0 ? 'M' : 'L'}${place(point)
            .map((v) => v.toFixed(1))
            .join(' ')}`,
      )
      .join('');
  const svg = node('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': label });
  for (let tick = 0; tick <= 4; tick++) {
    const value = y[0] + ((y[1] - y[0]) * tick) / 4;
    const at = place([x[0], value])[1];
    svg.append(
      node('line', { class: 'grid', x1: left, x2: width - right, y1: at, y2: at }),
      node('text', { x: left - 8, y: at + 4, 'text-anchor': 'end' }, format(value)),
    );
  }
  svg.append(
    node('text', { x: left, y: height - 14 }, String(x[0])),
    node('text', { x: width - right, y: height - 14, 'text-anchor': 'end' }, String(x[1])),
    node('text', { x: (left + width - right) / 2, y: height - 14, 'text-anchor': 'middle' }, xTitle),
  );
  for (const { name, raw = [] } of lines) svg.append(node('path', { class: `${name} ghost`, d: path(raw) }));
  for (const { name, points } of lines) {
    svg.append(node('path', { class: name, d: path(points) }));
    if (points.length === 1) {
      const [cx, cy] = place(points[0]!);
      svg.append(node('circle', { class: name, cx, cy, r: 3 }));
    }
  }
  box.querySelector('svg.drawn')?.remove();
  svg.classList.add('drawn');
  box.append(svg);
}

/** Says which line is which. */
export function legend(names: readonly (readonly [name: string, text: string])[]): HTMLElement {
  const list = document.createElement('ul');
  list.className = 'legend';
  for (const [name, text] of names) {
    const item = document.createElement('li');
    const svg = node('svg', { viewBox: '0 0 30 8', 'aria-hidden': 'true' });
    svg.append(node('path', { class: name, d: 'M1 4L29 4' }));
    item.append(svg, text);
    list.append(item);
  }
  return list;
}

/** Means over the last few values, which are easier to follow. */
export function smoothed(points: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  let mean = points[0]?.[1] ?? 0;
  return points.map(([at, value]) => {
    mean += (value - mean) * 0.15;
    return [at, mean] as const;
  });
}
