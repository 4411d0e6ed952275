import { OverparamError } from '@overparam/errors';

/** A value that JSON can hold. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/**
 * JSON without spaces, the keys of every object sorted, so that equal values give equal text.
 *
 * @param where  what the value is, for the error
 * @throws OverparamError `invalid-metadata` for what JSON cannot hold: NaN, infinities, undefined, functions
 */
export function canonicalJson(value: unknown, where: string): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  if (Array.isArray(value)) {
    return `[${value.map((item, index) => canonicalJson(item, `${where}[${index}]`)).join(',')}]`;
  }
  if (isRecord(value)) {
    const members = Object.keys(value)
      .sort()
      .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key], `${where}.${key}`)}`);
    return `{${members.join(',')}}`;
  }
  throw new OverparamError(
    'invalid-metadata',
    `${where} must be a JSON value; got ${String(value)}. Use null for what is unknown.`,
  );
}

/** Whether a value is an object with keys, not an array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * A key that occurs twice in one object of a JSON text, or null. `JSON.parse` takes the last of them without a
 * word, so that two readers could see two different files.
 *
 * @param text  valid JSON
 */
export function repeatedKey(text: string): string | null {
  // One set of keys for each object that is open, null for an array.
  const open: (Set<string> | null)[] = [];
  for (let position = 0; position < text.length; position++) {
    const character = text[position];
    if (character === '{') open.push(new Set());
    else if (character === '[') open.push(null);
    else if (character === '}' || character === ']') open.pop();
    else if (character === '"') {
      const end = stringEnd(text, position);
      const keys = open.at(-1);
      // In valid JSON a string with a colon behind it is a key.
      if (keys && firstBehindSpace(text, end) === ':') {
        const key = JSON.parse(text.slice(position, end)) as string;
        if (keys.has(key)) return key;
        keys.add(key);
      }
      position = end - 1;
    }
  }
  return null;
}

/** Where the string that begins at `start` ends, behind its closing quote. */
function stringEnd(text: string, start: number): number {
  let position = start + 1;
  while (text[position] !== '"') position += text[position] === '\\' ? 2 : 1;
  return position + 1;
}

function firstBehindSpace(text: string, start: number): string | undefined {
  let position = start;
  while (' \t\n\r'.includes(text[position] ?? '.')) position++;
  return text[position];
}
