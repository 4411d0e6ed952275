/** `count` numbers in [-1, 1) that follow from a seed and a name: `noise` of `make-dense-fixtures.py`, bit for bit. */
export function noise(seed: number, name: string, count: number): Float64Array {
  let start = 2166136261;
  for (const byte of new TextEncoder().encode(`${seed}/${name}`)) start = Math.imul(start ^ byte, 16777619);
  const values = new Float64Array(count);
  for (let index = 0; index < count; index++) {
    let h = (Math.imul(index, 2654435761) + start) >>> 0;
    h = Math.imul(h ^ (h >>> 15), 2246822519) >>> 0;
    h = Math.imul(h ^ (h >>> 13), 3266489917) >>> 0;
    h = (h ^ (h >>> 16)) >>> 0;
    values[index] = (h >>> 8) / 2 ** 23 - 1;
  }
  return values;
}
