import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type EngineName, OverparamError, useEngine } from '@overparam/engine';
import type { NetworkRole, StoredNetwork } from '@overparam/export';
import { readNetwork } from '@overparam/export/node';
import { loadDefaultPlugins, loadPlugins } from '../config/plugins';
import { type RunRecord, readRun } from '../run/files';

/** Opens a run folder for a command: its record, with its plugins loaded and its engine (or another) in use. */
export async function openRun(folder: string, engine: string | undefined): Promise<RunRecord> {
  const record = await readRun(folder);
  await useEngine((engine ?? record.config.engine.name) as EngineName | 'auto');
  await loadDefaultPlugins();
  await loadPlugins(record.config.plugins, folder);
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
