/** Characters that a terminal obeys instead of showing: controls, and those that turn the direction of text around. */
const obeyed = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/**
 * A text that a terminal shows and does not obey: control characters, which names from files may hold, become their
 * escapes, such as `\u001b`. Lines stay lines.
 */
export function visible(text: string): string {
  return text.replace(obeyed, (character) => (character === '\n' ? character : escaped(character)));
}

/** As {@link visible}, of a text that has to stay in one line. */
export function visibleInLine(text: string): string {
  return text.replace(obeyed, escaped);
}
