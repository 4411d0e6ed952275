import { OverparamError } from '@overparam/errors';
import type { DatasetContext } from '@overparam/plugin';
import { checkScene } from './check-scene';
import type { NyuOptions } from './options';
import type { OfficialSplit, Scene } from './scene';
import type { SceneSource } from './source';

/** @throws OverparamError `data-count` when there are not as many scenes as there must be */
export async function checkCounts(
  source: SceneSource,
  { scenes }: Pick<NyuOptions, 'scenes'>,
): Promise<void> {
  const found = await source.counts();
  for (const split of ['train', 'test'] as const) {
    if (found[split] === scenes[split]) continue;
    throw new OverparamError(
      'data-count',
      `${source.title}: holds ${found[split]} scenes of the split ${split}, expected ${scenes[split]}. Get the rest, ` +
        `or, if this is all you want, say so with the option scenes: { train: ${found.train}, test: ${found.test} }.`,
    );
  }
}

/**
 * The checked scenes of a split in order, as they are stored. All must have the size of the first one.
 *
 * @throws OverparamError at the first scene that is not right; `aborted` by the signal
 */
export async function* checkedScenes(
  source: SceneSource,
  split: OfficialSplit,
  options: Pick<NyuOptions, 'limit' | 'tasks' | 'unlabelled'>,
  context: DatasetContext,
): AsyncGenerator<Scene> {
  const all = (await source.counts())[split];
  const count = Math.min(all, options.limit[split] ?? all);
  let first: Scene | null = null;
  for (let index = 0; index < count; index++) {
    if (context.signal?.aborted) throw new OverparamError('aborted', 'Reading the data was stopped.');
    const raw = await source.scene(split, index);
    const scene = checkScene(raw, options.tasks, options.unlabelled === 'refuse');
    first ??= scene;
    if (scene.height !== first.height || scene.width !== first.width) {
      throw new OverparamError(
        'data-shape',
        `${raw.names.image}: is ${scene.height}x${scene.width}, the first scene ${first.height}x${first.width}: a file of another dataset, or a damaged one.`,
      );
    }
    yield scene;
    context.progress?.(index + 1, count, `reading the ${split} scenes of nyuv2`);
  }
}
