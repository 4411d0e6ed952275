import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { numberedFiles } from './numbered-files';
import type { FindSource } from './source';

/** The pre-processed layout of the MTAN paper: `train|val/{image,label,depth,normal}/<n>.npy`. */
export const findFolders: FindSource = async (folder) => {
  const names: string[] = [];
  const hash = createHash('sha256');
  for (const split of ['train', 'val']) {
    for (const part of ['image', 'label', 'depth', 'normal']) {
      const files = await readdir(join(folder, split, part)).catch(() => []);
      for (const file of files.sort()) {
        const { size, mtimeMs } = await stat(join(folder, split, part, file));
        names.push(`${split}/${part}/${file}`);
        hash.update(`${split}/${part}/${file} ${size} ${mtimeMs}\n`);
      }
    }
  }
  const numbered = numberedFiles(names, folder);
  if (numbered === null) return null;
  return {
    title: `NYUv2, pre-processed .npy files in ${folder}`,
    fingerprint: hash.digest('hex'),
    counts: async () => numbered.counts,
    scene: (split, index) => numbered.scene(split, index, (name) => readFile(join(folder, name))),
    async close() {},
  };
};
