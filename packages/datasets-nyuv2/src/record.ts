import { halfTable, toHalf } from '@overparam/files/half';
import type { NyuExample, Scene } from './scene';

/** How the numbers of a kept scene are stored; labels are always bytes. */
export interface RecordFormat {
  readonly height: number;
  readonly width: number;
  /** Bytes are 255ths. */
  readonly image: 'u8' | 'f32';
  readonly depth: 'f16' | 'f32';
  /** Signed bytes are 127ths. */
  readonly normals: 'i8' | 'f16' | 'f32';
}

const widths = { u8: 1, i8: 1, f16: 2, f32: 4 } as const;

/** Where each part of a record begins; every beginning is a multiple of 4. */
export function recordLayout({ height, width, image, depth, normals }: RecordFormat) {
  const pixels = height * width;
  const aligned = (bytes: number) => Math.ceil(bytes / 4) * 4;
  const imageAt = 0;
  const depthAt = imageAt + aligned(3 * pixels * widths[image]);
  const normalsAt = depthAt + aligned(pixels * widths[depth]);
  const labelsAt = normalsAt + aligned(3 * pixels * widths[normals]);
  return { imageAt, depthAt, normalsAt, labelsAt, bytes: labelsAt + aligned(pixels) };
}

/** The form that keeps `scene` as exactly as `precision` says: what comes in bytes stays in bytes. */
export function formatFor(scene: Scene, precision: 'compact' | 'float32'): RecordFormat {
  const float = precision === 'float32';
  const image = float && scene.image instanceof Float32Array ? 'f32' : 'u8';
  const normals = scene.normals instanceof Int8Array ? 'i8' : float ? 'f32' : 'f16';
  return { height: scene.height, width: scene.width, image, depth: float ? 'f32' : 'f16', normals };
}

type Stored = 'u8' | 'i8' | 'f16' | 'f32';

function view(bytes: Uint8Array, at: number, count: number, stored: Stored) {
  const start = bytes.byteOffset + at;
  if (stored === 'u8') return new Uint8Array(bytes.buffer, start, count);
  if (stored === 'i8') return new Int8Array(bytes.buffer, start, count);
  return stored === 'f16'
    ? new Uint16Array(bytes.buffer, start, count)
    : new Float32Array(bytes.buffer, start, count);
}

/** One record; a missing label is stored as one that is nowhere valid. */
export function encodeRecord(scene: Scene, format: RecordFormat): Uint8Array {
  const layout = recordLayout(format);
  const pixels = format.height * format.width;
  const bytes = new Uint8Array(layout.bytes);
  write(scene.image, view(bytes, layout.imageAt, 3 * pixels, format.image), format.image);
  if (scene.depth) write(scene.depth, view(bytes, layout.depthAt, pixels, format.depth), format.depth);
  if (scene.normals) {
    write(scene.normals, view(bytes, layout.normalsAt, 3 * pixels, format.normals), format.normals);
  }
  new Int8Array(bytes.buffer, layout.labelsAt, pixels).set(
    scene.segmentation ?? new Int8Array(pixels).fill(-1),
  );
  return bytes;
}

function write(values: Scene['image'] | Int8Array, target: ReturnType<typeof view>, stored: Stored): void {
  const from = values instanceof Uint8Array ? 255 : values instanceof Int8Array ? 127 : 1;
  const to = stored === 'u8' ? 255 : stored === 'i8' ? 127 : 1;
  if (from === to && from > 1) {
    target.set(values);
    return;
  }
  for (let i = 0; i < values.length; i++) {
    const value = values[i]! / from;
    target[i] = stored === 'f16' ? toHalf(value) : stored === 'f32' ? value : Math.round(value * to);
  }
}

/** The inverse of {@link encodeRecord}. */
export function decodeRecord(bytes: Uint8Array, format: RecordFormat): NyuExample {
  const layout = recordLayout(format);
  const { height, width } = format;
  const pixels = height * width;
  return {
    height,
    width,
    image: read(view(bytes, layout.imageAt, 3 * pixels, format.image), format.image),
    segmentation: new Int8Array(bytes.buffer, bytes.byteOffset + layout.labelsAt, pixels).slice(),
    depth: read(view(bytes, layout.depthAt, pixels, format.depth), format.depth),
    normals: read(view(bytes, layout.normalsAt, 3 * pixels, format.normals), format.normals),
  };
}

function read(stored: ReturnType<typeof view>, kind: Stored): Float32Array {
  const result = new Float32Array(stored.length);
  if (kind === 'f32') result.set(stored);
  else if (kind === 'f16') {
    const table = halfTable();
    for (let i = 0; i < result.length; i++) result[i] = table[stored[i]!]!;
  } else {
    const unit = kind === 'u8' ? 255 : 127;
    for (let i = 0; i < result.length; i++) result[i] = stored[i]! / unit;
  }
  return result;
}
