import type { Numbers } from '@overparam/dataset-files';

/** The arrays of one scene, height x width (x channel), before they are checked; what is missing is null. */
export interface RawScene {
  readonly image: Numbers;
  readonly segmentation: Numbers | null;
  readonly depth: Numbers | null;
  readonly normals: Numbers | null;
  /** What each array is called in errors, such as its file. */
  readonly names: {
    readonly image: string;
    readonly segmentation: string;
    readonly depth: string;
    readonly normals: string;
  };
}

/** `[c, h, w]` to `[h, w, c]`. */
export function channelsLast({ shape, data }: Numbers): Numbers {
  const [channels, height, width] = shape as [number, number, number];
  const result = data.slice();
  const pixels = height * width;
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < pixels; i++) result[i * channels + c] = data[c * pixels + i]!;
  }
  return { shape: [height, width, channels], data: result };
}
