/** Writes the bytes of a protocol buffer, field by field (https://protobuf.dev/programming-guides/encoding). */
export class ProtocolBytes {
  private readonly bytes: number[] = [];

  /** A number of 0 or more. */
  varint(field: number, value: number): this {
    return this.raw(field * 8).raw(value);
  }

  /** Bytes, or text as UTF-8. */
  field(field: number, content: string | Uint8Array): this {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
    this.raw(field * 8 + 2).raw(bytes.length);
    for (const byte of bytes) this.bytes.push(byte);
    return this;
  }

  /** What was written. */
  done(): Uint8Array {
    return Uint8Array.from(this.bytes);
  }

  private raw(value: number): this {
    let rest = value;
    for (; rest > 127; rest = Math.floor(rest / 128)) this.bytes.push((rest % 128) | 128);
    this.bytes.push(rest);
    return this;
  }
}
