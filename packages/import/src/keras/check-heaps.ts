/**
 * Checks the heaps of an HDF5 file, where texts of open length stand: what lies in each must follow one another up to its
 * end. The library goes round for ever in a heap whose free space says that it has no size.
 *
 * Source: https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html, section III.E, "Disk Format: Level 1E - Global Heap"
 *
 * @param bytes  the whole file, of numbers of 8 bytes
 * @returns      what is wrong, the end of a sentence; null where nothing is
 */
export function heapProblem(bytes: Buffer): string | null {
  const signature = Buffer.from('GCOL\x01\0\0\0', 'latin1');
  for (let at = bytes.indexOf(signature); at >= 0; at = bytes.indexOf(signature, at + signature.length)) {
    if (at + 16 > bytes.length) return 'a heap of texts is cut off';
    const end = BigInt(at) + bytes.readBigUInt64LE(at + 8);
    if (end > BigInt(bytes.length)) return 'a heap of texts reaches beyond its end';
    let place = BigInt(at + 16);
    while (place + 16n <= end) {
      const index = bytes.readUInt16LE(Number(place));
      const size = bytes.readBigUInt64LE(Number(place) + 8);
      // Free space counts its own header, texts do not, and begin at multiples of 8.
      const step = index === 0 ? size : 16n + ((size + 7n) / 8n) * 8n;
      if (step < 16n || place + step > end) return 'a heap of texts holds something without an end';
      place += step;
    }
  }
  return null;
}
