import { type Numbers, readNpy } from '@overparam/dataset-files';
import { OverparamError } from '@overparam/errors';
import type { RawScene } from './numbers';
import { folderOfSplit, type OfficialSplit } from './scene';

/** The folders of a split, by what they hold. */
const folders = { image: 'image', segmentation: 'label', depth: 'depth', normals: 'normal' } as const;
type Part = keyof typeof folders;
const parts = Object.keys(folders) as Part[];

/** The names `<split>/<part>/<n>.npy` of the layout, from a listing of all files there are. */
export interface NumberedFiles {
  readonly counts: Readonly<Record<OfficialSplit, number>>;
  /** Reads one scene with `read`, which is given names of the listing. */
  scene(split: OfficialSplit, index: number, read: (name: string) => Promise<Uint8Array>): Promise<RawScene>;
}

/**
 * Puts the files of the MTAN layout (https://github.com/lorenmt/mtan) in order: numbered from 0, without gaps.
 *
 * @param names  paths from the layout's root, with `/`
 * @param where  the root, for errors
 * @returns      null where there are no images at all
 * @throws OverparamError `data-missing` for a gap, `data-format` for a file that is no number
 */
export function numberedFiles(names: readonly string[], where: string): NumberedFiles | null {
  const present = new Set(names);
  const counts = { train: 0, test: 0 };
  for (const split of ['train', 'test'] as const) counts[split] = countScenes(names, split, where);
  if (counts.train + counts.test === 0) return null;
  return {
    counts,
    async scene(split, index, read) {
      const array = async (part: Part): Promise<Numbers | null> => {
        const name = nameOf(split, part, index);
        return present.has(name) ? readNpy(await read(name), `${where}/${name}`) : null;
      };
      const [image, segmentation, depth, normals] = await Promise.all(parts.map(array));
      const errorNames = Object.fromEntries(
        parts.map((part) => [part, `${where}/${nameOf(split, part, index)}`]),
      ) as Record<Part, string>;
      return {
        image: image!,
        segmentation: segmentation!,
        depth: depth!,
        normals: normals!,
        names: errorNames,
      };
    },
  };
}

function nameOf(split: OfficialSplit, part: Part, index: number): string {
  return `${folderOfSplit[split]}/${folders[part]}/${index}.npy`;
}

/** As many scenes as the highest number says; each must have its image. */
function countScenes(names: readonly string[], split: OfficialSplit, where: string): number {
  let count = 0;
  const images = new Set<number>();
  for (const part of parts) {
    const prefix = `${folderOfSplit[split]}/${folders[part]}/`;
    for (const name of names) {
      if (!name.startsWith(prefix) || !name.endsWith('.npy')) continue;
      const digits = name.slice(prefix.length, -'.npy'.length);
      if (!/^(0|[1-9]\d{0,6})$/.test(digits)) {
        throw new OverparamError(
          'data-format',
          `${where}/${name}: the files are numbered 0.npy, 1.npy and so on; rename or remove this one.`,
        );
      }
      count = Math.max(count, Number(digits) + 1);
      if (part === 'image') images.add(Number(digits));
    }
  }
  for (let index = 0; index < count; index++) {
    if (images.has(index)) continue;
    throw new OverparamError(
      'data-missing',
      `${where}/${nameOf(split, 'image', index)}: is missing, though there are files with number ${count - 1}. Get the data again.`,
    );
  }
  return count;
}
