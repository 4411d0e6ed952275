// Draws the idea in one picture, wide and narrow, into site/pages/public: `node site/source/idea-picture.mjs`. Kept so that
// both are drawn anew together.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const style = `<style>
text{font:15px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;fill:#1d2330}.small{font-size:12.5px;fill:#566071}.head{font-weight:650;font-size:16px}
.card{fill:#f6f8fb;stroke:#d6dbe3}.k3{fill:#0072b2}.k1{fill:#d55e00}.id{fill:#00876a}.line{stroke:#6d7584;stroke-width:1.6;fill:none}.tip{fill:#6d7584}.grid{stroke:#fff;stroke-width:1.5}
@media (prefers-color-scheme:dark){text{fill:#e8ebf1}.small{fill:#a9b2c1}.card{fill:#181d25;stroke:#343c49}.k3{fill:#58aef0}.k1{fill:#ff8f45}.id{fill:#2fc99d}.grid{stroke:#181d25}.line{stroke:#98a1b1}.tip{fill:#98a1b1}}
</style>`;

const cells = (x, y, size, count, name) =>
  Array.from({ length: count * count }, (_, index) => {
    const [row, column] = [Math.floor(index / count), index % count];
    return `<rect class="${name} grid" x="${x + column * size}" y="${y + row * size}" width="${size}" height="${size}" rx="2"/>`;
  }).join('');

const arrow = (x1, y1, x2, y2) => {
  const angle = (Math.atan2(y2 - y1, x2 - x1) * 180) / Math.PI;
  return `<path class="line" d="M${x1} ${y1}L${x2} ${y2}"/><path class="tip" d="M0 0L-8 -4.5L-8 4.5Z" transform="translate(${x2} ${y2}) rotate(${angle})"/>`;
};

const single = (x, y, head, small) =>
  `<rect class="card" x="${x}" y="${y}" width="200" height="210" rx="14"/><text class="head" x="${x + 20}" y="${y + 34}">${head}</text>${arrow(x + 20, y + 105, x + 66, y + 105)}${cells(x + 70, y + 75, 20, 3, 'k3')}${arrow(x + 134, y + 105, x + 180, y + 105)}<text class="small" x="${x + 20}" y="${y + 186}">${small}</text>`;

const expanded = (x, y) => {
  const branches = [
    [80, 20, 3, 'k3', '3 × 3'],
    [133, 20, 1, 'k1', '1 × 1'],
    [165, 20, 1, 'id', 'identity'],
  ];
  const plus = [x + 242, y + 115];
  const drawn = branches.map(([at, size, count, name, text]) => {
    const [half, middle] = [(size * count) / 2, y + at];
    const label = `<text class="small" x="${x + 126 + half}" y="${middle + 4}">${text}</text>`;
    const into = `<path class="line" d="M${x + 40} ${y + 115}C${x + 60} ${y + 115} ${x + 58} ${middle} ${x + 82} ${middle}L${x + 112 - half} ${middle}"/>`;
    const outOf = `<path class="line" d="M${x + 190} ${middle}C${x + 216} ${middle} ${x + 208} ${plus[1]} ${plus[0] - 10} ${plus[1]}"/>`;
    return into + cells(x + 118 - half, middle - half, size, count, name) + label + outOf;
  });
  return `<rect class="card" x="${x}" y="${y}" width="290" height="210" rx="14"/><text class="head" x="${x + 20}" y="${y + 34}">Expanded, in training</text><path class="line" d="M${x + 18} ${y + 115}L${x + 40} ${y + 115}"/>${drawn.join('')}<circle class="card" cx="${plus[0]}" cy="${plus[1]}" r="10"/><text x="${plus[0] - 5}" y="${plus[1] + 5}">+</text>${arrow(plus[0] + 10, plus[1], plus[0] + 36, plus[1])}<text class="small" x="${x + 20}" y="${y + 196}">more parameters, same functions</text>`;
};

const svg = (width, height, body) =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img">${style}${body}</svg>\n`;
const down = (x, y, text) =>
  `${arrow(x, y, x, y + 40)}<text class="small" x="${x + 14}" y="${y + 26}">${text}</text>`;
const across = (x, y, text) =>
  `<text class="small" x="${x + 32}" y="${y - 12}" text-anchor="middle">${text}</text>${arrow(x, y, x + 64, y)}`;

const wide = `${single(0, 0, 'Plain', 'one kernel')}${across(206, 105, 'expand')}${expanded(278, 0)}${across(574, 105, 'collapse')}${single(646, 0, 'Collapsed', 'one kernel, same outputs')}`;
const narrow = `${single(45, 0, 'Plain', 'one kernel')}${down(145, 214, 'expand')}${expanded(0, 260)}${down(145, 474, 'collapse')}${single(45, 520, 'Collapsed', 'one kernel, same outputs')}`;
const out = fileURLToPath(new URL('../pages/public/', import.meta.url));
writeFileSync(`${out}idea.svg`, svg(846, 210, wide));
writeFileSync(`${out}idea-narrow.svg`, svg(290, 730, narrow));
