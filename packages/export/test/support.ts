import { isOverparamError } from '@overparam/errors';

/** The overparam error that a call ends with; any other error goes on, none is an error. */
export async function errorOf(run: () => unknown): Promise<{ code: string; message: string }> {
  try {
    await run();
  } catch (error) {
    if (isOverparamError(error)) return error;
    throw error;
  }
  throw new Error('expected an error, but there was none');
}

/** A safetensors file from a header as text and data of a number of zero bytes. */
export function fileOf(header: string, dataBytes = 0): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}
