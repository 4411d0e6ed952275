/** What an element of a snappy stream says: bytes of its own head, and bytes that it gives. */
interface Element {
  readonly head: number;
  readonly gives: number;
  /** Bytes of the stream behind the head that it gives; 0 for a copy. */
  readonly literal: number;
  /** How far back a copy begins; 0 for a literal. */
  readonly offset: number;
}

/** A whole number of some bytes, the least one first; unsigned. */
function wholeNumber(input: Uint8Array, at: number, bytes: number): number {
  let value = 0;
  for (let index = bytes - 1; index >= 0; index--) value = value * 256 + (input[at + index] ?? Number.NaN);
  return value;
}

function elementAt(input: Uint8Array, at: number): Element {
  const tag = input[at]!;
  const size = (tag >> 2) + 1;
  switch (tag & 3) {
    case 0: {
      const more = Math.max(0, size - 60);
      const literal = more === 0 ? size : wholeNumber(input, at + 1, more) + 1;
      return { head: 1 + more, gives: literal, literal, offset: 0 };
    }
    case 1:
      return {
        head: 2,
        gives: ((tag >> 2) & 7) + 4,
        literal: 0,
        offset: (tag >> 5) * 256 + wholeNumber(input, at + 1, 1),
      };
    case 2:
      return { head: 3, gives: size, literal: 0, offset: wholeNumber(input, at + 1, 2) };
    default:
      return { head: 5, gives: size, literal: 0, offset: wholeNumber(input, at + 1, 4) };
  }
}

/**
 * Looks through a snappy stream without decompressing it: damaged ones may claim gigabytes, or send a decompressor that
 * counts in signed numbers back and forth (https://github.com/google/snappy/blob/main/format_description.txt).
 *
 * @param length  bytes that it is to give
 * @throws Error  where it gives more or less, or is cut off
 */
export function checkSnappy(input: Uint8Array, length: number): void {
  let at = 0;
  while (at < input.length && input[at]! >= 128) at++;
  at++;
  let given = 0;
  while (at < input.length) {
    const { head, gives, literal, offset } = elementAt(input, at);
    at += head + literal;
    const sound = at <= input.length && (literal > 0 || (offset > 0 && offset <= given));
    given += gives;
    if (!sound || !(given <= length)) throw new Error(`a compressed page is damaged at byte ${at}`);
  }
  if (given !== length)
    throw new Error(`a compressed page gives ${given} bytes, not the ${length} that it claims`);
}
