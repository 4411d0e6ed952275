import { OverparamError } from '@overparam/errors';
import { decodeSafetensors, encodeSafetensors, type SafetensorsFile, type StoredTensor } from './safetensors';

/** Where the checksum stands in the metadata. */
const key = 'sha256';

/** What stands in its place while the checksum is taken. */
const blank = '0'.repeat(64);

/**
 * Writes tensors in the safetensors format with a checksum over the whole file, every byte of header and data, in the
 * metadata's `sha256`: the SHA-256 of the file with 64 zeros in its place.
 *
 * @throws OverparamError as {@link encodeSafetensors}
 */
export async function encodeSealed(file: SafetensorsFile<StoredTensor>): Promise<Uint8Array> {
  const bytes = encodeSafetensors({ ...file, metadata: { ...file.metadata, [key]: blank } });
  const place = placeOfSum(bytes);
  bytes.set(new TextEncoder().encode(await sha256(bytes)), place!);
  return bytes;
}

/**
 * Reads what {@link encodeSealed} wrote.
 *
 * @returns  metadata without the checksum
 * @throws OverparamError `safetensors-invalid`; `checksum-missing` where there is none, `checksum-mismatch` where a byte
 *   has changed
 */
export async function decodeSealed(bytes: Uint8Array, source: string): Promise<SafetensorsFile> {
  const file = decodeSafetensors(bytes, source);
  const { [key]: sum, ...metadata } = file.metadata;
  const place = placeOfSum(bytes);
  if (sum === undefined || place === null) {
    throw new OverparamError(
      'checksum-missing',
      `${source}: it has no checksum. An earlier version wrote it, or another program; write it again.`,
    );
  }
  // A copy: slice() of a Buffer of Node.js is none.
  const blanked = Uint8Array.from(bytes);
  blanked.set(new TextEncoder().encode(blank), place);
  const found = await sha256(blanked);
  if (found !== sum) {
    throw new OverparamError(
      'checksum-mismatch',
      `${source}: its contents do not match their checksum (${found.slice(0, 12)}… instead of ${sum.slice(0, 12)}…). It was changed or damaged after it was written; take another copy of it.`,
    );
  }
  return { ...file, metadata };
}

/** Where the 64 digits of the checksum begin; null where there are none. */
function placeOfSum(bytes: Uint8Array): number | null {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
  // Header text is JSON in UTF-8; the key and its digits are ASCII, so that bytes and characters agree from there.
  const header = new TextDecoder('latin1').decode(bytes.subarray(8, 8 + length));
  const found = new RegExp(`"${key}":"([0-9a-f]{64})"`).exec(header);
  return found ? 8 + found.index + key.length + 4 : null;
}

/** The SHA-256 of bytes, as 64 hexadecimal digits. */
export async function sha256(bytes: Uint8Array): Promise<string> {
  const sum = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>);
  return Array.from(new Uint8Array(sum), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
