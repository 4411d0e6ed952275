import type { CurveData } from '../src/drawing/curve-data';
import { Chart } from './chart';

/** All charts of a page, and the rows that its legend hides in them. */
export class Charts {
  #data: CurveData | null;
  readonly #charts = new Map<string, Chart>();
  readonly #hidden = new Set<string>();

  constructor(data: CurveData | null) {
    this.#data = data;
  }

  /** Takes the place of the drawings that came with the page. */
  enhance(): void {
    const data = this.#data;
    if (data === null) return;
    for (const host of document.querySelectorAll<HTMLElement>('.chart[data-curve]')) {
      const spec = data.curves.find(({ id }) => id === host.dataset.curve);
      if (!spec) continue;
      const chart = new Chart(host, spec, this.#hidden);
      chart.update(data);
      this.#charts.set(spec.id, chart);
    }
    this.#legend();
  }

  /** More epochs: charts keep what they show of them. */
  update(data: CurveData | null): void {
    this.#data = data;
    if (data === null) return;
    const drawn = document.querySelectorAll('.chart[data-curve] .plot').length;
    if (drawn === 0) this.enhance();
    else for (const chart of this.#charts.values()) chart.update(data);
  }

  /** Makes the names of the curves' legend buttons that hide and show rows. */
  #legend(): void {
    for (const entry of document.querySelectorAll<HTMLElement>('#curves .legend li')) {
      const name = entry.textContent ?? '';
      const button = document.createElement('button');
      button.type = 'button';
      button.append(...entry.childNodes);
      button.setAttribute('aria-pressed', 'true');
      button.title = 'Hide or show in the curves';
      button.addEventListener('click', () => {
        if (!this.#hidden.delete(name)) this.#hidden.add(name);
        button.setAttribute('aria-pressed', String(!this.#hidden.has(name)));
        for (const chart of this.#charts.values()) chart.draw();
      });
      entry.append(button);
    }
  }
}
