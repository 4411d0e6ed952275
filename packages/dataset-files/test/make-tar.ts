/** A ustar archive, written after POSIX.1-1988; each entry's name and type are taken as they are. */
export function makeTar(entries: readonly { name: string; bytes: Uint8Array; type?: string }[]): Buffer {
  const blocks = entries.map(({ name, bytes, type = '0' }) => {
    const header = Buffer.alloc(512);
    header.write(name, 0, 'latin1');
    header.write('0000644\0', 100);
    header.write(`${bytes.length.toString(8).padStart(11, '0')}\0`, 124);
    header.write('        ', 148);
    header.write(type, 156);
    header.write('ustar\x0000', 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return Buffer.concat([header, bytes, Buffer.alloc(-bytes.length & 511)]);
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}
