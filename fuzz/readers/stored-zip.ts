import { crc32 } from 'node:zlib';

/** Changes members of a zip archive of stored files, and writes an archive anew whose checksums are right. */
export function rewriteStored(
  bytes: Uint8Array,
  which: (name: string) => boolean,
  change: (part: Uint8Array) => Uint8Array,
): Buffer {
  const given = Buffer.from(bytes);
  const end = given.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  const count = given.readUInt16LE(end + 10);
  let at = given.readUInt32LE(end + 16);
  const pieces: Buffer[] = [];
  const directory: Buffer[] = [];
  let position = 0;
  for (let index = 0; index < count; index++) {
    const size = given.readUInt32LE(at + 24);
    const nameLength = given.readUInt16LE(at + 28);
    const name = given.subarray(at + 46, at + 46 + nameLength);
    const local = given.readUInt32LE(at + 42);
    const start = local + 30 + given.readUInt16LE(local + 26) + given.readUInt16LE(local + 28);
    const stored = given.subarray(start, start + size);
    const content = which(name.toString()) ? Buffer.from(change(stored)) : stored;
    const fields = Buffer.alloc(22);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt32LE(crc32(content), 10);
    fields.writeUInt32LE(content.length, 14);
    fields.writeUInt32LE(content.length, 18);
    const lengths = Buffer.alloc(4);
    lengths.writeUInt16LE(name.length, 0);
    pieces.push(Buffer.from('PK\x03\x04', 'latin1'), fields, lengths, name, content);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(position, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), fields, lengths, tail, name);
    position += 30 + name.length + content.length;
    at += 46 + nameLength + given.readUInt16LE(at + 30) + given.readUInt16LE(at + 32);
  }
  const listed = Buffer.concat(directory);
  const last = Buffer.alloc(22);
  last.write('PK\x05\x06', 0, 'latin1');
  last.writeUInt16LE(count, 8);
  last.writeUInt16LE(count, 10);
  last.writeUInt32LE(listed.length, 12);
  last.writeUInt32LE(position, 16);
  return Buffer.concat([...pieces, listed, last]);
}
