import { type BandPoint, bandOfRow, type CurveData, type CurveSpec } from '../src/drawing/curve-data';
import { type CurveFrame, curveDrawing, curveFrame, wholeRange } from '../src/drawing/curves';
import { escapeMarkup } from '../src/drawing/escape';
import { pointerZoom } from './pointer';

interface Line {
  readonly label: string;
  readonly className: string;
  readonly dash: readonly number[];
  readonly points: readonly BandPoint[];
}

/** Epochs that are seen at least, however far one zooms. */
const leastEpochs = 2;

function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  className: string,
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  made.className = className;
  return made;
}

/** One chart of curves: values of the epoch under the pointer or the slider, and a zoom into epochs. */
export class Chart {
  readonly #host: HTMLElement;
  readonly #spec: CurveSpec;
  readonly #hidden: ReadonlySet<string>;
  readonly #plot = element('div', 'plot');
  readonly #slider = element('input', 'epoch');
  readonly #epochText = element('span', 'at');
  readonly #readout = element('ul', 'readout');
  readonly #whole = element('button', 'small');
  #data: CurveData | null = null;
  #lines: readonly Line[] = [];
  #range: readonly [number, number] | null = null;
  /** The epoch that is read; the last one where null. */
  #epoch: number | null = null;
  #frame: CurveFrame | null = null;
  /** That it is drawn for. */
  #width = 0;

  /** @param hidden  labels of rows that are not shown */
  constructor(host: HTMLElement, spec: CurveSpec, hidden: ReadonlySet<string>) {
    this.#host = host;
    this.#spec = spec;
    this.#hidden = hidden;
    host.replaceChildren(this.#plot, this.#controls(), this.#readout);
    pointerZoom(this.#plot, {
      frame: () => this.#frame,
      read: (epoch) => this.#read(epoch),
      zoom: (from, to) => this.#zoom(from, to),
      whole: () => this.#show(null),
    });
    new ResizeObserver(() => {
      // Its height follows from what is drawn.
      if (Math.floor(host.clientWidth) !== this.#width) this.draw();
    }).observe(host);
  }

  /** Takes other curves, such as those of more epochs. */
  update(data: CurveData): void {
    this.#data = data;
    this.#lines = data.rows.map((row) => ({ ...row, points: bandOfRow(row, this.#spec.column) }));
    this.draw();
  }

  draw(): void {
    const data = this.#data;
    const width = Math.floor(this.#host.clientWidth);
    this.#width = width;
    if (data === null || width === 0) return;
    const size = { width, height: width < 420 ? 280 : Number(this.#host.dataset.height) };
    const curves = this.#shown();
    const view = { title: this.#spec.title, boundaries: data.boundaries, range: this.#range };
    this.#frame = curveFrame(curves, view, size);
    const about = escapeMarkup(`${this.#spec.title} by epoch; values are read below`);
    const content = curveDrawing(curves, view, size, `${this.#spec.id}-clip`);
    this.#plot.innerHTML = `<svg role="img" aria-label="${about}" viewBox="0 0 ${size.width} ${size.height}" width="${size.width}" height="${size.height}">${content}<g class="cursor"></g></svg>`;
    const [from, to] = this.#range ?? wholeRange(curves);
    this.#slider.min = String(Math.max(1, Math.ceil(from)));
    this.#slider.max = String(Math.floor(to));
    this.#whole.disabled = this.#range === null;
    this.#mark();
  }

  #shown(): readonly Line[] {
    return this.#lines.filter(({ label }) => !this.#hidden.has(label));
  }

  /** A slider for the epoch, which arrow keys move, and buttons for the zoom. */
  #controls(): HTMLElement {
    const controls = element('div', 'controls');
    this.#slider.type = 'range';
    this.#slider.step = '1';
    this.#slider.setAttribute('aria-label', `${this.#spec.title}: epoch to read`);
    this.#slider.addEventListener('input', () => this.#read(Number(this.#slider.value)));
    const button = (made: HTMLButtonElement, text: string, about: string, act: () => void) => {
      made.type = 'button';
      made.textContent = text;
      made.title = about;
      made.setAttribute('aria-label', `${about}: ${this.#spec.title}`);
      made.addEventListener('click', act);
      return made;
    };
    controls.append(
      this.#slider,
      this.#epochText,
      button(element('button', 'small'), '+', 'Zoom in on the epoch', () => this.#scale(0.5)),
      button(element('button', 'small'), '−', 'Zoom out', () => this.#scale(2)),
      button(this.#whole, 'All', 'Show all epochs', () => this.#show(null)),
    );
    return controls;
  }

  /** Zooms by a factor about the epoch that is read. */
  #scale(factor: number): void {
    const [from, to] = this.#range ?? wholeRange(this.#shown());
    const at = this.#current();
    const half = ((to - from) * factor) / 2;
    const middle = factor < 1 ? at : (from + to) / 2;
    this.#zoom(middle - half, middle + half);
  }

  #zoom(from: number, to: number): void {
    const [first, last] = wholeRange(this.#shown());
    const length = Math.max(leastEpochs, to - from);
    const start = Math.min(Math.max(first, from), last - length);
    this.#show(length >= last - first ? null : [start, start + length]);
  }

  #show(range: readonly [number, number] | null): void {
    this.#range = range;
    this.draw();
  }

  #read(epoch: number): void {
    const [, last] = wholeRange(this.#shown());
    this.#epoch = epoch >= last ? null : Math.max(1, Math.round(epoch));
    this.#mark();
  }

  /** The epoch that is read: inside of what is seen. */
  #current(): number {
    const [from, to] = this.#range ?? wholeRange(this.#shown());
    const epoch = this.#epoch ?? to;
    return Math.min(Math.max(epoch, Math.ceil(from), 1), Math.floor(to));
  }

  /** Shows the epoch that is read, and its values. */
  #mark(): void {
    const frame = this.#frame;
    const cursor = this.#plot.querySelector('.cursor');
    if (frame === null || cursor === null) return;
    const epoch = this.#current();
    const { digits } = this.#spec;
    const found = this.#shown().map((line) => ({
      ...line,
      point: line.points.find((point) => point.epoch === epoch),
    }));
    const x = frame.x(epoch);
    const [bottom, top] = frame.y.range();
    const dots = found.flatMap(({ className, point }) =>
      point ? [`<circle class="dot ${className}" cx="${x}" cy="${frame.y(point.mean)}" r="3.5"/>`] : [],
    );
    cursor.innerHTML = `<path class="cursor-line" d="M${x} ${top}V${bottom}"/>${dots.join('')}`;
    this.#slider.value = String(epoch);
    this.#epochText.textContent = `epoch ${epoch}`;
    const text = (point: BandPoint | undefined) => {
      if (!point) return '-';
      return `${point.mean.toFixed(digits)}${point.sd === null ? '' : ` ± ${point.sd.toFixed(digits)}`}`;
    };
    const told = found.map(({ label, point }) => `${label} ${text(point)}`);
    this.#slider.setAttribute('aria-valuetext', `epoch ${epoch}: ${told.join('; ')}`);
    this.#readout.innerHTML = found
      .map(
        ({ label, className, dash, point }) =>
          `<li><svg class="sample" viewBox="0 0 30 8" aria-hidden="true"><path class="curve ${className}" d="M0 4H30" stroke-dasharray="${dash.join(' ')}"/></svg><span>${escapeMarkup(label)}</span><b>${text(point)}</b></li>`,
      )
      .join('');
  }
}
