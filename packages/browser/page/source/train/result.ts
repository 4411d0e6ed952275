import { element, made } from '../shared/elements';
import type { News, Shown } from './messages';
import { classes, side } from './sample';

type Done = Extract<News, { kind: 'done' }>;

const words = (name: string) => name.replaceAll('_', ' ');
const percent = (share: number) => `${(share * 100).toFixed(1)} %`;

function best(shares: readonly number[]): number {
  return shares.indexOf(Math.max(...shares));
}

function figureOf({ image, label, wide, small }: Shown): HTMLElement {
  const canvas = made('canvas');
  canvas.width = side;
  canvas.height = side;
  const pixels = new ImageData(side, side);
  for (let pixel = 0; pixel < side * side; pixel++)
    pixels.data.set([...image.subarray(pixel * 3, pixel * 3 + 3), 255], pixel * 4);
  canvas.getContext('2d')!.putImageData(pixels, 0, 0);
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', `A picture of class ${words(classes[label]!)}`);
  const chosen = best(small);
  const name = made('b', { text: words(classes[chosen]!), class: chosen === label ? '' : 'wrong' });
  const lines = [
    ['expanded', wide],
    ['collapsed', small],
  ] as const;
  return made('figure', {}, [
    canvas,
    made('figcaption', {}, [
      name,
      ...lines.map(([what, shares]) =>
        made('span', { text: `${what} ${(shares[chosen]! * 100).toFixed(3)} %` }),
      ),
      ...(chosen === label ? [] : [made('span', { text: `in truth ${words(classes[label]!)}` })]),
    ]),
  ]);
}

/** Shows what came out: the equality in words, the table, pictures. */
export function showResult({ networks, gap, pictures, sameClass, shown }: Done): void {
  element('equality').textContent =
    `On ${pictures} test pictures the collapsed network's numbers differ from the expanded one's by at most ${gap.toExponential(1)} of the largest, ` +
    `which is rounding, and it gives the same class for ${sameClass} of ${pictures}.`;
  const table = element('table');
  const heads = ['Network', 'Parameters', 'Right on test pictures', 'Time for a picture'];
  table.querySelector('thead')!.replaceChildren(
    made(
      'tr',
      {},
      heads.map((text) => {
        const cell = made('th', { text });
        cell.scope = 'col';
        return cell;
      }),
    ),
  );
  table.querySelector('tbody')!.replaceChildren(
    ...networks.map(({ name, parameters, accuracy, milliseconds }) => {
      const head = made('th', { text: name });
      head.scope = 'row';
      const cells = [parameters.toLocaleString('en'), percent(accuracy), `${milliseconds.toFixed(2)} ms`];
      return made('tr', {}, [head, ...cells.map((text) => made('td', { text }))]);
    }),
  );
  element('examples').replaceChildren(...shown.map(figureOf));
  element('result').hidden = false;
}
