import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { choiceText, type RunConfig, recipeText } from '@overparam/config';
import {
  type FigureSpec,
  type Reproduction,
  type RunRecord,
  type RunReport,
  type RunState,
  readPictures,
  readStoredNetwork,
} from '@overparam/report';
import { type RunAbout, readDataRecord, readRunAbout } from '@overparam/run-folder';
import { readLayerRecords, readLegends, readRun } from './read-run';

/** The figures that a run logs, of one that says nothing more of them, as those of an earlier version do. */
function loggedFigures({ metrics }: RunRecord): FigureSpec[] {
  return Object.entries(metrics.at(-1)?.test.byTask ?? {}).flatMap(([task, { figures }]) =>
    Object.keys(figures).map((name) => ({ task, name, unit: '', direction: 'lower' as const })),
  );
}

/** `300 epochs of batch 128 on 50,000 images`. */
function effortOf({ epochs, batch }: RunConfig, about: RunAbout | null): string {
  const images = about ? ` on ${about.trainImages.toLocaleString('en')} images` : '';
  const updates = about ? ` (${about.updates.toLocaleString('en')} gradient evaluations)` : '';
  return `${epochs} ${epochs === 1 ? 'epoch' : 'epochs'} of batch ${batch}${images}${updates}`;
}

/**
 * What would train the run of a folder again.
 *
 * @param shown  the folder as the user wrote it
 */
export async function reproductionOf(shown: string, about: RunAbout | null): Promise<Reproduction> {
  const stored = await readStoredNetwork(join(shown, 'final', 'weights.safetensors'));
  return {
    commands: [`npx @overparam/runner train ${join(shown, 'config.yaml')} --out ${shown}-again`],
    versions: about?.versions ?? stored?.versions ?? {},
    configs: [{ label: 'config.yaml', text: await readFile(join(shown, 'config.yaml'), 'utf8') }],
  };
}

/**
 * Reads all that a page of a run shows.
 *
 * @param folder  as the user wrote it
 * @param state   what the run is doing, unless it is finished
 * @throws OverparamError as `readRun`
 */
export async function runReportOf(folder: string, state: RunState = 'stopped'): Promise<RunReport> {
  const { config, ...record } = await readRun(folder);
  const about = await readRunAbout(folder);
  const data = await readDataRecord(folder);
  const { label, method, routine, backbone, dataset, engine, seed, epochs, batch } = config;
  const metrics = record.result?.metrics ?? about?.metrics ?? loggedFigures(record);
  const recipe = recipeText(config, new Set(metrics.map(({ task }) => task)).size, []);
  const network = choiceText('backbone', backbone);
  const trained = await readStoredNetwork(join(folder, 'final', 'weights.safetensors'));
  const collapsed = await readStoredNetwork(join(folder, 'collapsed', 'weights.safetensors'));
  const pictures = await readPictures([join(folder, 'final', 'panels')]);
  const threads = engine.threads ? `, ${engine.threads} threads` : '';
  return {
    label,
    method: method.name,
    routine: routine.name,
    seed: String(seed),
    epochs: record.result?.epochs ?? epochs,
    batch,
    trainImages: about?.trainImages ?? data?.splits.train?.examples ?? 0,
    record,
    metrics,
    classNames: about?.classNames ?? {},
    about: `The method ${method.name} under the routine ${routine.name} trains a ${network} on ${choiceText('dataset', dataset)} for ${effortOf(config, about)}, seed ${seed}: ${recipe}. Engine: ${engine.name}${threads}.`,
    obtained: [
      ['Data', about ? `${dataset.name}: ${about.provenance}` : dataset.name],
      ['Images', about ? `${about.trainImages} for training, ${about.testImages} for testing` : ''],
      ['Network', network],
      ['Training', effortOf(config, about)],
      ['Recipe', recipe],
      ['Engine', `${engine.name}${threads}`],
      ['Folder', folder],
    ],
    state: record.result ? 'finished' : state,
    pictures: { label, pictures, legends: await readLegends(folder) },
    reproduction: await reproductionOf(folder, about),
    layerRecords: await readLayerRecords(folder),
    sizes: trained && collapsed ? { trained: trained.layers, collapsed: collapsed.layers } : null,
  };
}
