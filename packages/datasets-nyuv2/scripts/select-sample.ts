import { checkScene } from '../src/check-scene';
import { encodeRecord } from '../src/record';
import { resizeScene } from '../src/resize';
import { sampleCounts, sampleFormat } from '../src/sample-spec';
import type { OfficialSplit, Scene } from '../src/scene';
import { taskNames } from '../src/scene';
import type { SceneSource } from '../src/source';

/**
 * The sample's records: every second scene of each split (of 64 and 24), as many as there are to be, reduced to the sample's size as the
 * package resizes any scene; image and normals rounded to 8 bits, depth kept as it is.
 */
export async function selectSample(source: SceneSource): Promise<Record<OfficialSplit, Uint8Array>> {
  const split = async (name: OfficialSplit) => {
    const records: Uint8Array[] = [];
    for (let index = 0; index < sampleCounts[name]; index++) {
      const scene: Scene = checkScene(await source.scene(name, 2 * index), taskNames, true);
      records.push(encodeRecord(resizeScene(scene, sampleFormat.height, sampleFormat.width), sampleFormat));
    }
    return Buffer.concat(records);
  };
  return { train: await split('train'), test: await split('test') };
}
