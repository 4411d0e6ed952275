import type { PageData } from '../drawing/page-data';

/** Buttons that save what the page is made of; its script shows them. */
export function dataSection({ curves, figures }: PageData): string {
  const button = (what: string, text: string) =>
    `<button type="button" data-save="${what}" hidden>${text}</button>`;
  const buttons = [
    ...(figures.length > 0 ? [button('figures', 'Figures as CSV')] : []),
    ...(curves ? [button('curves', 'Curves as CSV')] : []),
    button('json', 'All as JSON'),
  ];
  return `<section aria-labelledby="h-data"><h2 id="h-data">Data</h2><p class="save">${buttons.join('')}</p><p class="note">Figures have a line a run, curves a line an epoch of each run, with seven digits; the files beside this page have all of them.</p><noscript><p class="note">Saving them from here needs a browser that runs scripts.</p></noscript></section>`;
}
