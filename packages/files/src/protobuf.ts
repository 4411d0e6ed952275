/**
 * Protocol buffers as bytes: a writer of messages, and a reader that trusts none of them.
 *
 * Source: https://protobuf.dev/programming-guides/encoding/
 *
 * @packageDocumentation
 */
import { OverparamError } from '@overparam/errors';

const wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/**
 * A message that is being written: fields in the order of the calls, each by its number. Every method gives the message
 * itself.
 */
export class ProtoMessage {
  private readonly chunks: Uint8Array[] = [];
  private length = 0;

  /** An integer or an enumeration, between -2^53 and 2^53; negative ones take ten bytes, as the format has it. */
  integer(field: number, value: number | bigint): this {
    return this.tag(field, wire.varint).varint(BigInt(value));
  }

  /** A `float`. */
  float(field: number, value: number): this {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    return this.tag(field, wire.fixed32).append(bytes);
  }

  /** A `double`. */
  double(field: number, value: number): this {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setFloat64(0, value, true);
    return this.tag(field, wire.fixed64).append(bytes);
  }

  /** Text in UTF-8, or bytes as they are; these are not copied. */
  bytes(field: number, value: string | Uint8Array): this {
    const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
    return this.tag(field, wire.bytes).varint(BigInt(bytes.length)).append(bytes);
  }

  /** A message inside of this one, as it is by then. */
  message(field: number, value: ProtoMessage): this {
    this.tag(field, wire.bytes).varint(BigInt(value.length));
    for (const chunk of value.chunks) this.append(chunk);
    return this;
  }

  /** Repeated integers, packed. */
  packed(field: number, values: readonly number[]): this {
    const inner = new ProtoMessage();
    for (const value of values) inner.varint(BigInt(value));
    return this.message(field, inner);
  }

  /** The bytes of all that was written. */
  finish(): Uint8Array {
    const all = new Uint8Array(this.length);
    let position = 0;
    for (const chunk of this.chunks) {
      all.set(chunk, position);
      position += chunk.length;
    }
    return all;
  }

  private tag(field: number, type: number): this {
    return this.varint(BigInt(field * 8 + type));
  }

  private varint(value: bigint): this {
    const bytes: number[] = [];
    let rest = BigInt.asUintN(64, value);
    for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
    bytes.push(Number(rest));
    return this.append(Uint8Array.from(bytes));
  }

  private append(chunk: Uint8Array): this {
    this.chunks.push(chunk);
    this.length += chunk.length;
    return this;
  }
}

/** One field of a message, as read. */
export interface ProtoField {
  readonly field: number;
  /** An integer as 64 bits with a sign; for the other kinds, zero. */
  readonly integer: bigint;
  /** The contents of text, bytes, messages and numbers of fixed width: a view of what was read; empty for integers. */
  readonly bytes: Uint8Array;
}

/**
 * The fields of a message, one by one.
 *
 * @param source  what the bytes are, for errors
 * @throws OverparamError `protobuf-invalid` where a field does not fit its message
 */
export function* protoFields(bytes: Uint8Array, source: string): Generator<ProtoField> {
  const none = new Uint8Array(0);
  let position = 0;
  const fail = (): never => {
    throw new OverparamError(
      'protobuf-invalid',
      `${source}: it is no protocol buffer from byte ${position} on. The file is damaged, or is of another kind; take another copy of it.`,
    );
  };
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[position];
      if (byte === undefined) fail();
      position += 1;
      value |= BigInt(byte! & 127) << shift;
      if (byte! < 128) return BigInt.asIntN(64, value);
    }
    return fail();
  };
  const take = (length: number): Uint8Array => {
    if (length > bytes.length - position) fail();
    position += length;
    return bytes.subarray(position - length, position);
  };
  while (position < bytes.length) {
    const tag = BigInt.asUintN(64, varint());
    if (tag < 8n || tag >= 2n ** 32n) fail();
    const field = Number(tag >> 3n);
    switch (Number(tag & 7n)) {
      case wire.varint:
        yield { field, integer: varint(), bytes: none };
        break;
      case wire.fixed64:
        yield { field, integer: 0n, bytes: take(8) };
        break;
      case wire.fixed32:
        yield { field, integer: 0n, bytes: take(4) };
        break;
      case wire.bytes: {
        const length = BigInt.asUintN(64, varint());
        if (length > BigInt(bytes.length)) fail();
        yield { field, integer: 0n, bytes: take(Number(length)) };
        break;
      }
      default:
        fail();
    }
  }
}
