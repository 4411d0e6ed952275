import { closeSync, openSync, readSync } from 'node:fs';
import { decodeRecord, type RecordFormat, recordLayout } from './record';
import type { NyuExample } from './scene';
import { toUnitLength } from './unit-normals';

/** Where the kept scenes of a split lie; can be sent to another thread. */
export interface Store {
  readonly format: RecordFormat;
  readonly count: number;
  /** A file, whose records begin at `start`; or shared memory. */
  readonly place: { readonly path: string; readonly start: number } | { readonly memory: SharedArrayBuffer };
}

/** A store, opened in one thread. */
export interface OpenStore {
  readonly count: number;
  readonly format: RecordFormat;
  /** A scene as a run reads it. */
  read(index: number): NyuExample;
  close(): void;
}

/** Opens a store for reading; closing it twice does nothing. */
export function openStore({ format, count, place }: Store): OpenStore {
  const { bytes } = recordLayout(format);
  let file: number | null = 'path' in place ? openSync(place.path, 'r') : null;
  const record = (index: number): Uint8Array => {
    if ('memory' in place) return new Uint8Array(place.memory, index * bytes, bytes);
    const buffer = new Uint8Array(bytes);
    if (file === null) throw new Error(`${place.path} is closed`);
    const got = readSync(file, buffer, 0, bytes, place.start + index * bytes);
    if (got < bytes) throw new Error(`${place.path} ends inside of record ${index}; remove it`);
    return buffer;
  };
  return {
    count,
    format,
    read(index) {
      const example = decodeRecord(record(index), format);
      toUnitLength(example.normals, format.normals);
      return example;
    },
    close() {
      if (file !== null) closeSync(file);
      file = null;
    },
  };
}
