import type { Random } from '../networks/random';

/** Whole numbers that readers stumble over, as 4 bytes. */
const numbers = [0, 1, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0x10000, 0x40000000];

type Change = (bytes: Buffer, random: Random) => Buffer;

/** A part of the bytes: from where to where, at most `most` of them. */
function part(bytes: Buffer, random: Random, most: number): [number, number] {
  const start = random.integer(0, Math.max(0, bytes.length - 1));
  return [start, Math.min(bytes.length, start + random.integer(1, most))];
}

/** Half of all changes go to the first bytes, where headers are. */
function place(bytes: Buffer, random: Random): number {
  const end = random.chance(0.5) ? Math.min(bytes.length, 512) : bytes.length;
  return random.integer(0, Math.max(0, end - 1));
}

const flip: Change = (bytes, random) => {
  const changed = Buffer.from(bytes);
  changed[place(bytes, random)]! ^= 1 << random.integer(0, 7);
  return changed;
};

const set: Change = (bytes, random) => {
  const changed = Buffer.from(bytes);
  changed[place(bytes, random)] = random.pick([0, 1, 0x7f, 0x80, 0xff, random.integer(0, 255)]);
  return changed;
};

const truncate: Change = (bytes, random) => bytes.subarray(0, random.integer(0, bytes.length));

const insert: Change = (bytes, random) => {
  const at = place(bytes, random);
  const more = Buffer.from(Array.from({ length: random.integer(1, 16) }, () => random.integer(0, 255)));
  return Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)]);
};

const remove: Change = (bytes, random) => {
  const [start, end] = part(bytes, random, 64);
  return Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)]);
};

const repeat: Change = (bytes, random) => {
  const [start, end] = part(bytes, random, Math.max(1, bytes.length));
  return Buffer.concat([bytes.subarray(0, end), bytes.subarray(start)]);
};

const exchange: Change = (bytes, random) => {
  const [a, b] = [part(bytes, random, 64), part(bytes, random, 64)].sort(([x], [y]) => x - y) as [
    [number, number],
    [number, number],
  ];
  const changed = Buffer.from(bytes);
  bytes.copy(changed, a[0], b[0], Math.min(b[1], b[0] + changed.length - a[0]));
  bytes.copy(changed, b[0], a[0], Math.min(a[1], a[0] + changed.length - b[0]));
  return changed;
};

const number: Change = (bytes, random) => {
  if (bytes.length < 4) return set(bytes, random);
  const changed = Buffer.from(bytes);
  const at = Math.min(place(bytes, random), bytes.length - 4);
  const value = random.pick(numbers);
  if (random.chance(0.5)) changed.writeUInt32LE(value, at);
  else changed.writeUInt32BE(value, at);
  return changed;
};

const digit: Change = (bytes, random) => {
  const start = random.integer(0, Math.max(0, bytes.length - 1));
  for (let step = 0; step < Math.min(bytes.length, 4096); step++) {
    const at = (start + step) % bytes.length;
    if (bytes[at]! < 48 || bytes[at]! > 57) continue;
    const changed = Buffer.from(bytes);
    changed[at] = 48 + random.integer(0, 9);
    return changed;
  }
  return flip(bytes, random);
};

const changes: readonly Change[] = [
  flip,
  flip,
  set,
  truncate,
  insert,
  remove,
  repeat,
  exchange,
  number,
  number,
  digit,
  digit,
];

/** One to three random changes of bytes. */
export function changeBytes(bytes: Uint8Array, random: Random): Buffer {
  let changed: Buffer = Buffer.from(bytes);
  for (let count = random.pick([1, 1, 1, 2, 3]); count > 0; count--) {
    changed = random.pick(changes)(changed, random);
  }
  return changed;
}
