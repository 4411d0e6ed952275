import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** A folder of a network and, where there is one network for each task, whose it is. */
export interface NetworkFolder {
  readonly task: string | null;
  readonly folder: string;
}

/** The networks of a folder: the one that it holds, or one in a folder a task; empty where there is none. */
export async function networksIn(folder: string): Promise<NetworkFolder[]> {
  if (existsSync(join(folder, 'weights.safetensors'))) return [{ task: null, folder }];
  if (!existsSync(folder)) return [];
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && existsSync(join(folder, entry.name, 'weights.safetensors')))
    .map(({ name }) => ({ task: name, folder: join(folder, name) }))
    .sort((a, b) => (a.task < b.task ? -1 : 1));
}
