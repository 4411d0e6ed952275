const table32 = new Uint32Array(256);
const low64 = new Uint32Array(256);
const high64 = new Uint32Array(256);

/** Tables for both sums: reflected polynomials 0xEDB88320 and 0xC96C5795D7870F42 (ECMA-182). */
function fillTables(): void {
  for (let byte = 0; byte < 256; byte++) {
    let narrow = byte;
    let low = byte;
    let high = 0;
    for (let bit = 0; bit < 8; bit++) {
      narrow = narrow & 1 ? (narrow >>> 1) ^ 0xedb88320 : narrow >>> 1;
      const carry = low & 1;
      low = (low >>> 1) | ((high & 1) << 31);
      high >>>= 1;
      if (carry) {
        low ^= 0xd7870f42;
        high ^= 0xc96c5795;
      }
    }
    table32[byte] = narrow;
    low64[byte] = low;
    high64[byte] = high;
  }
}

/**
 * CRC-32 (IEEE 802.3), as xz, gzip and zip use it.
 *
 * @param before  of the bytes before these, to take a sum in pieces
 */
export function crc32(bytes: Uint8Array, before = 0): number {
  if (table32[1] === 0) fillTables();
  let sum = ~before;
  for (let i = 0; i < bytes.length; i++) sum = table32[(sum ^ bytes[i]!) & 255]! ^ (sum >>> 8);
  return ~sum >>> 0;
}

/** CRC-64 (ECMA-182), as xz uses it: `[low, high]` 32-bit halves. */
export function crc64(bytes: Uint8Array): readonly [number, number] {
  if (table32[1] === 0) fillTables();
  let low = -1;
  let high = -1;
  for (let i = 0; i < bytes.length; i++) {
    const index = (low ^ bytes[i]!) & 255;
    low = ((low >>> 8) | (high << 24)) ^ low64[index]!;
    high = (high >>> 8) ^ high64[index]!;
  }
  return [~low >>> 0, ~high >>> 0];
}
