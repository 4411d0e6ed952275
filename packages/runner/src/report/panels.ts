import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PlannedRun } from '../compare/plan';
import type { Records } from '../compare/record';
import { escapeMarkup } from './escape';

/** A PNG file as a data URI, by its name in a run's `final/panels`. */
export type Pictures = ReadonlyMap<string, string>;

/** Pictures of the first seed's run of each row, and of the single-task networks together. */
export interface RowPictures {
  readonly label: string;
  readonly pictures: Pictures;
}

async function readPictures(folder: string): Promise<Map<string, string>> {
  const path = join(folder, 'final', 'panels');
  const pictures = new Map<string, string>();
  if (!existsSync(path)) return pictures;
  for (const name of (await readdir(path)).filter((file) => file.endsWith('.png')).sort()) {
    const bytes = await readFile(join(path, name));
    pictures.set(name, `data:image/png;base64,${bytes.toString('base64')}`);
  }
  return pictures;
}

/** Reads what the runs saved; rows whose first run failed are left out. */
export async function readPanels(
  { rows, references }: Records,
  runs: readonly PlannedRun[],
): Promise<RowPictures[]> {
  const read = async (label: string) => {
    const run = runs.find((candidate) => candidate.label === label);
    return run ? readPictures(run.folder) : new Map<string, string>();
  };
  const shown: RowPictures[] = [];
  for (const { label } of rows) shown.push({ label, pictures: await read(label) });
  if (references.length > 0) {
    const all = new Map<string, string>();
    for (const { label } of references) for (const [name, uri] of await read(label)) all.set(name, uri);
    shown.unshift({ label: 'Single tasks', pictures: all });
  }
  return shown.filter(({ pictures }) => pictures.size > 0);
}

function picture(uri: string | undefined, about: string): string {
  return uri === undefined ? '' : `<img src="${uri}" alt="${escapeMarkup(about)}" loading="lazy">`;
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
  return `<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table class="panels"><caption>${caption}</caption><thead><tr><td></td>${head}</tr></thead><tbody><tr><th scope="row">${picture(anyOf(`${scene}-input.png`), 'input image')}<span>truth</span></th>${truth}</tr>${body}</tbody></table></div>`;
}

/** What the networks see, should say, and say; empty where no run saved pictures. */
export function panelSection(rows: readonly RowPictures[], tasks: readonly string[]): string {
  const names = rows.flatMap(({ pictures }) => [...pictures.keys()]);
  const scenes = [...new Set(names.map((name) => Number.parseInt(name, 10)))].sort((a, b) => a - b);
  const shown = tasks.filter((task) => names.some((name) => name.includes(`-${task}-`)));
  if (scenes.length === 0 || shown.length === 0) return '';
  const tables = scenes.map((scene, index) =>
    index === 0
      ? sceneTable(scene, shown, rows)
      : `<details><summary>Test scene ${scene + 1}</summary>${sceneTable(scene, shown, rows)}</details>`,
  );
  return `<section aria-labelledby="h-panels"><h2 id="h-panels">What the networks see and say</h2>${tables.join('')}<p class="note">Networks after the last epoch, first seed. Dark grey has no label. Depth: bright is near, on the truth's scale. Normals: directions as red, green and blue.</p></section>`;
}
