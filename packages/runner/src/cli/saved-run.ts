import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadDefaultPlugins, loadPlugins } from '@overparam/config';
import { trunkTasks } from '@overparam/core-reparam';
import { type EngineName, useEngine } from '@overparam/engine';
import { OverparamError } from '@overparam/errors';
import type { NetworkRole, StoredNetwork } from '@overparam/export';
import { readNetwork } from '@overparam/export/node';
import { type RunFolder, readRun } from '@overparam/saved-runs';
import type { LayersModel } from '@tensorflow/tfjs';
import type { Output } from './output';

/** What a command says of the run that it opens. */
export interface RunArguments {
  /** Its folder. */
  readonly run: string;
  /** The run's own where left out. */
  readonly engine?: string;
  /** Whether code that the folder names may run. */
  readonly 'allow-plugins'?: boolean;
}

/**
 * Opens a run folder for a command: its record, with its plugins loaded and its engine (or another) in use.
 *
 * A config that one trains by is one's own; a run folder may come from anyone, so that code which it names is run only
 * where that is allowed.
 *
 * @param output  told which plugins are loaded, and which engines `auto` passed over
 * @throws OverparamError `plugins-not-allowed`
 */
export async function openRun(
  { run, engine, 'allow-plugins': allowed = false }: RunArguments,
  output: Pick<Output, 'say'>,
): Promise<RunFolder> {
  const record = await readRun(run);
  const { plugins } = record.config;
  const named = plugins.map((name) => `"${name}"`).join(', ');
  if (plugins.length > 0 && !allowed) {
    throw new OverparamError(
      'plugins-not-allowed',
      `The run in "${run}" names code to be run: ${named}, from its folder. If you trust it, add --allow-plugins.`,
    );
  }
  if (plugins.length > 0) output.say(`Running the code of ${named}, which "${run}" names.`);
  const { notes } = await useEngine((engine ?? record.config.engine.name) as EngineName | 'auto');
  for (const note of notes) output.say(note);
  await loadDefaultPlugins();
  await loadPlugins(plugins, run);
  return record;
}

const folders = { expanded: 'final', collapsed: 'collapsed', plain: 'collapsed' } as const;

/**
 * Reads a network of a run folder; the caller disposes it.
 *
 * @throws OverparamError `run-unfinished` where it is not there yet
 */
export async function readRunNetwork(folder: string, role: NetworkRole): Promise<StoredNetwork> {
  const path = join(folder, folders[role]);
  if (!existsSync(path)) {
    throw new OverparamError(
      'run-unfinished',
      `The run in "${folder}" has no ${folders[role]} network yet. Finish it: overparam train ${folder}/config.yaml --out ${folder} --resume.`,
    );
  }
  return readNetwork(path, { expect: role });
}

/** A collapsed network of a run folder and, where a run has one for each task, whose it is. */
export interface CollapsedNetwork extends StoredNetwork {
  readonly task: string | null;
}

/**
 * Reads the collapsed networks of a run folder: one, or one for each task in the order of the trained network's outputs;
 * the caller disposes them.
 *
 * @param expanded  the trained network
 * @throws OverparamError `run-unfinished` where they are not there yet
 */
export async function readCollapsed(folder: string, expanded: LayersModel): Promise<CollapsedNetwork[]> {
  const all = trunkTasks(expanded);
  // Trunks that became one were collapsed into one network.
  const tasks = all.filter((task) => existsSync(join(folder, folders.collapsed, task)));
  if (tasks.length === 0) return [{ task: null, ...(await readRunNetwork(folder, 'collapsed')) }];
  const networks: CollapsedNetwork[] = [];
  for (const task of tasks) {
    const stored = await readNetwork(join(folder, folders.collapsed, task), { expect: 'collapsed' });
    networks.push({ task, ...stored });
  }
  return networks;
}
