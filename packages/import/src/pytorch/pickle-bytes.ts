import type { PickleFail } from './pickle-values';

/** Reads a pickle's bytes from the first to the last. */
export class PickleBytes {
  private position = 0;
  private readonly view: DataView;

  /** @param fail  makes the error where the bytes end early or hold no text */
  constructor(
    private readonly bytes: Uint8Array,
    private readonly fail: PickleFail,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Where the next byte is. */
  get place(): number {
    return this.position;
  }

  byte(): number {
    return this.view.getUint8(this.take(1));
  }

  uint16(): number {
    return this.view.getUint16(this.take(2), true);
  }

  uint32(): number {
    return this.view.getUint32(this.take(4), true);
  }

  int32(): number {
    return this.view.getInt32(this.take(4), true);
  }

  /** A double, the one kind of number that stands with its highest byte first. */
  double(): number {
    return this.view.getFloat64(this.take(8), false);
  }

  /** A whole number of so many bytes in two's complement: a bigint where it is no safe integer. */
  long(length: number): number | bigint {
    if (length > 64) throw this.fail(`a whole number of ${length} bytes`);
    const start = this.take(length);
    let value = 0n;
    for (let index = length - 1; index >= 0; index--)
      value = (value << 8n) | BigInt(this.bytes[start + index]!);
    if (length > 0 && this.bytes[start + length - 1]! > 127) value -= 1n << BigInt(8 * length);
    const small = Number(value);
    return Number.isSafeInteger(small) ? small : value;
  }

  /** A text of so many bytes in UTF-8. */
  text(length: number): string {
    const start = this.take(length);
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(this.bytes.subarray(start, start + length));
    } catch {
      throw this.fail('a text is not UTF-8');
    }
  }

  /** A text up to the end of a line, which is passed over. */
  line(): string {
    const end = this.bytes.indexOf(10, this.position);
    if (end < 0) throw this.fail('it ends early');
    const text = this.text(end - this.position);
    this.take(1);
    return text;
  }

  /** Passes over so many bytes. @returns where they begin */
  take(length: number): number {
    const start = this.position;
    if (start + length > this.bytes.length) throw this.fail('it ends early');
    this.position += length;
    return start;
  }
}
