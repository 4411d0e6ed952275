import { foldKey, type Key, randomInteger } from '@overparam/engine';
import { type Crop, cropScene } from './crop';
import type { Augmentation } from './options';
import type { NyuExample } from './scene';

/**
 * Draws a change: the published `RandomScaleCrop` and flip. One scale for all modalities; the crop has
 * floor(size / scale) rows and columns, and every place in the scene is equally likely.
 *
 * @param key  used up by this; one key an example and epoch
 * @returns    the same for the same key; null where nothing changes
 */
export function drawCrop(height: number, width: number, key: Key, augmentation: Augmentation): Crop | null {
  const { scaleCrop, scales, flip, sideEffects } = augmentation;
  const scale = scaleCrop ? scales[randomInteger(foldKey(key, 'scale'), scales.length)]! : 1;
  const rows = Math.max(1, Math.floor(height / scale));
  const columns = Math.max(1, Math.floor(width / scale));
  const mirrored = flip && randomInteger(foldKey(key, 'flip'), 2) === 1;
  if (scale === 1 && !mirrored) return null;
  return {
    top: randomInteger(foldKey(key, 'top'), height - rows + 1),
    left: randomInteger(foldKey(key, 'left'), width - columns + 1),
    height: rows,
    width: columns,
    scale,
    mirrored,
    corrected: sideEffects === 'corrected',
  };
}

/** A changed copy of a scene, or the scene itself where the draw changes nothing. */
export function augment(example: NyuExample, key: Key, augmentation: Augmentation): NyuExample {
  const crop = drawCrop(example.height, example.width, key, augmentation);
  return crop === null ? example : cropScene(example, crop);
}
