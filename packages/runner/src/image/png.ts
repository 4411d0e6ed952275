import { deflateSync } from 'node:zlib';

const signature = Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10);

/** CRC-32 as PNG has it; Node's own is younger than the oldest Node that is supported. */
function crc32(bytes: Uint8Array): number {
  let remainder = 0xffffffff;
  for (const byte of bytes) {
    remainder ^= byte;
    for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? 0xedb88320 : 0);
  }
  return ~remainder >>> 0;
}

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), framed.length - 4);
  return framed;
}

/**
 * An image as a PNG file: 8 bits a channel, without interlacing (W3C, PNG specification, third edition).
 *
 * @param pixels  `[height, width, 3]` of red, green and blue, 0 to 255, row by row
 */
export function encodePng(pixels: Uint8Array, height: number, width: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // Eight bits, truecolour; compression, filter and interlace methods 0.
  header.set([8, 2, 0, 0, 0], 8);
  const stride = width * 3;
  const rows = Buffer.alloc(height * (stride + 1));
  for (let row = 0; row < height; row++) {
    // A row begins with its filter. 1 stores differences to the pixel on the left, which pack better than pixels.
    const start = row * (stride + 1);
    rows[start] = 1;
    for (let at = 0; at < stride; at++) {
      const left = at < 3 ? 0 : pixels[row * stride + at - 3]!;
      rows[start + 1 + at] = (pixels[row * stride + at]! - left) & 255;
    }
  }
  const data = deflateSync(rows, { level: 9 });
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', data),
    chunk('IEND', new Uint8Array()),
  ]);
}
