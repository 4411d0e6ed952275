import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PictureLegend } from '@overparam/plugin';
import { escapeMarkup } from '../drawing/escape';

/**
 * PNG files as `data:` addresses by name: `<scene>-input.png`, and `<scene>-<task>-truth.png` and `-prediction.png` for
 * tasks whose labels are images; scenes count from 0.
 */
export type Pictures = ReadonlyMap<string, string>;

/** Pictures of a row's first run, or of the single-task networks together. */
export interface RowPictures {
  readonly label: string;
  readonly pictures: Pictures;
  /** What the colours of pictures mean, by scene and task: `0-depth`. */
  readonly legends: ReadonlyMap<string, PictureLegend>;
}

/**
 * Reads the pictures that runs saved: all PNG files of some folders, where there are such folders.
 *
 * @returns `data:` addresses by file name; of a name in several folders the last one
 */
export async function readPictures(folders: readonly string[]): Promise<Pictures> {
  const pictures = new Map<string, string>();
  for (const folder of folders.filter((path) => existsSync(path))) {
    for (const name of (await readdir(folder)).filter((file) => file.endsWith('.png')).sort()) {
      const bytes = await readFile(join(folder, name));
      pictures.set(name, `data:image/png;base64,${bytes.toString('base64')}`);
    }
  }
  return pictures;
}

function picture(uri: string | undefined, about: string): string {
  return uri === undefined ? '' : `<img src="${uri}" alt="${escapeMarkup(about)}" loading="lazy">`;
}

/** What a scene's pictures of a task mean, as any of the rows has it. */
function legendIn(rows: readonly RowPictures[], scene: number, task: string): PictureLegend | undefined {
  return rows.map(({ legends }) => legends.get(`${scene}-${task}`)).find((found) => found !== undefined);
}

/** A number at the end of a scale: `0.71`, `1,250`. */
function endText(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en-US', { maximumFractionDigits: 6 });
}

/** The colours of a scale from its first number to its last, under the pictures that are drawn in them. */
function scaleBar({ from, to, unit, stops }: NonNullable<PictureLegend['scale']>): string {
  const colours = stops.map((colour) => `rgb(${colour.join()})`).join();
  const ends = [from, to].map((value) => `<span>${escapeMarkup(`${endText(value)} ${unit}`.trim())}</span>`);
  return `<div class="scale"><i style="background:linear-gradient(90deg,${colours})"></i>${ends.join('')}</div>`;
}

/** A row with the scales of a scene's pictures; empty where none is drawn on a scale. */
function scaleRow(scene: number, tasks: readonly string[], rows: readonly RowPictures[]): string {
  const scales = tasks.map((task) => legendIn(rows, scene, task)?.scale);
  if (scales.every((scale) => scale === undefined)) return '';
  const cells = scales.map((scale) => `<td>${scale ? scaleBar(scale) : ''}</td>`).join('');
  return `<tr><th scope="row">scale</th>${cells}</tr>`;
}

/** One scene: the input, then a column a task: the truth on top and each row's prediction under it. */
function sceneTable(scene: number, tasks: readonly string[], rows: readonly RowPictures[]): string {
  const anyOf = (name: string) =>
    rows.map(({ pictures }) => pictures.get(name)).find((uri) => uri !== undefined);
  const head = tasks.map((task) => `<th scope="col">${escapeMarkup(task)}</th>`).join('');
  const truth = tasks
    .map((task) => `<td>${picture(anyOf(`${scene}-${task}-truth.png`), `${task}, truth`)}</td>`)
    .join('');
  const body = rows
    .map(({ label, pictures }) => {
      const cells = tasks.map(
        (task) =>
          `<td>${picture(pictures.get(`${scene}-${task}-prediction.png`), `${task}, predicted by ${label}`)}</td>`,
      );
      return `<tr><th scope="row">${escapeMarkup(label)}</th>${cells.join('')}</tr>`;
    })
    .join('');
  const caption = `Test scene ${scene + 1}`;
  return `<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table class="panels"><caption>${caption}</caption><thead><tr><td></td>${head}</tr></thead><tbody><tr><th scope="row">${picture(anyOf(`${scene}-input.png`), 'input image')}<span>truth</span></th>${truth}</tr>${scaleRow(scene, tasks, rows)}${body}</tbody></table></div>`;
}

/** What a task's colours mean: its sentence, and a swatch for each colour that stands for one thing. */
function legendOf(task: string, { text, colours }: PictureLegend): string {
  const swatches = colours
    .map(({ name, colour }) => {
      const swatch = `<svg viewBox="0 0 30 8" aria-hidden="true"><rect width="30" height="8" rx="2" fill="rgb(${colour.join()})"/></svg>`;
      return `<li>${swatch}${escapeMarkup(name)}</li>`;
    })
    .join('');
  return `<p class="note">${escapeMarkup(`${task}: ${text}`)}</p><ul class="legend">${swatches}</ul>`;
}

/** What the networks see, should say, and say; empty where no run saved pictures. */
export function panelSection(rows: readonly RowPictures[], tasks: readonly string[]): string {
  const saved = rows.filter(({ pictures }) => pictures.size > 0);
  const names = new Set(saved.flatMap(({ pictures }) => [...pictures.keys()]));
  const scenes = [...new Set([...names].map((name) => Number.parseInt(name, 10)))]
    .filter((scene) => !Number.isNaN(scene))
    .sort((a, b) => a - b);
  const shown = tasks.filter((task) =>
    scenes.some((scene) => ['truth', 'prediction'].some((what) => names.has(`${scene}-${task}-${what}.png`))),
  );
  if (scenes.length === 0 || shown.length === 0) return '';
  const tables = scenes.map((scene, index) =>
    index === 0
      ? sceneTable(scene, shown, saved)
      : `<details><summary>Test scene ${scene + 1}</summary>${sceneTable(scene, shown, saved)}</details>`,
  );
  const legends = shown.flatMap((task) => {
    const legend = scenes.map((scene) => legendIn(saved, scene, task)).find((found) => found !== undefined);
    return legend ? [legendOf(task, legend)] : [];
  });
  return `<section aria-labelledby="h-panels"><h2 id="h-panels">What the networks see and say</h2><p class="note">Test scenes, which no network was trained on; networks after the last epoch, first seed.</p>${legends.join('')}${tables.join('')}</section>`;
}
