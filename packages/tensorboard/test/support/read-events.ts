import { protoFields } from '@overparam/files/protobuf';
import { crc32c } from '../../src';

/** What stands in an event file: step and scalars, or another kind of event; checksums are checked on the way. */
export function readEvents(bytes: Uint8Array): { step: number; tags: string[] }[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const unmasked = (at: number) => {
    const rotated = (view.getUint32(at, true) - 0xa282ead8) >>> 0;
    return ((rotated >>> 17) | (rotated << 15)) >>> 0;
  };
  const events: { step: number; tags: string[] }[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(view.getBigUint64(at, true));
    const data = bytes.subarray(at + 12, at + 12 + length);
    if (unmasked(at + 8) !== crc32c(bytes.subarray(at, at + 8))) throw new Error('checksum of a length');
    if (unmasked(at + 12 + length) !== crc32c(data)) throw new Error('checksum of data');
    at += 16 + length;
    let step = 0;
    const tags: string[] = [];
    for (const { field, integer, bytes: inner } of protoFields(data, 'event')) {
      if (field === 2) step = Number(integer);
      if (field !== 5) continue;
      for (const value of protoFields(inner, 'summary'))
        for (const part of protoFields(value.bytes, 'value'))
          if (part.field === 1) tags.push(new TextDecoder().decode(part.bytes));
    }
    events.push({ step, tags });
  }
  return events;
}
