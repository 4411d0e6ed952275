import { createHash, type Hash } from 'node:crypto';

/** The SHA-256 of a value, by its contents: arrays of numbers by their bytes, keys in order. */
export function digestOf(value: unknown): string {
  const hash = createHash('sha256');
  add(hash, value);
  return hash.digest('hex');
}

function add(hash: Hash, value: unknown): void {
  if (ArrayBuffer.isView(value)) {
    hash.update(`${value.constructor.name} ${value.byteLength} `);
    hash.update(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  } else if (Array.isArray(value)) {
    hash.update(`[${value.length} `);
    for (const item of value) add(hash, item);
  } else if (value instanceof Map) {
    hash.update(`map ${value.size} `);
    for (const entry of value) add(hash, entry);
  } else if (typeof value === 'object' && value !== null) {
    hash.update('{');
    for (const key of Object.keys(value).sort()) {
      hash.update(`${JSON.stringify(key)}:`);
      add(hash, (value as Record<string, unknown>)[key]);
    }
    hash.update('}');
  } else hash.update(`${typeof value} ${Object.is(value, -0) ? '-0' : String(value)};`);
}
