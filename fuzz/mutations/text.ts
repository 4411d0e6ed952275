import type { Random } from '../networks/random';
import { changeBytes } from './bytes';

/** What a number, a word or a value is replaced by. */
const values = [
  '0',
  '-0',
  '-1',
  '1e308',
  '1e999',
  '-1e999',
  'NaN',
  '.nan',
  '.inf',
  'null',
  'true',
  '""',
  '[]',
  '{}',
  '1.5',
  '9007199254740993',
  '1e-320',
  '99999999999999999999',
  '4294967296',
  '__proto__',
  'constructor',
  '../../etc',
  '*a',
  '&a [*a]',
  '!!binary x',
  '!!js/function x',
  '\u0000',
  '\ud800',
];

type Change = (text: string, random: Random) => string;

/** Replaces one random match. */
function replaced(text: string, pattern: RegExp, random: Random, by: (found: string) => string): string {
  const found = [...text.matchAll(pattern)];
  if (found.length === 0) return text;
  const match = random.pick(found);
  return text.slice(0, match.index) + by(match[0]) + text.slice(match.index + match[0].length);
}

const number: Change = (text, random) =>
  replaced(text, /-?\d+(\.\d+)?([eE][-+]?\d+)?/g, random, (found) =>
    random.pick([random.pick(values), `-${found}`, `${found}${found}`, `${found}e5`, `${Number(found) + 1}`]),
  );

const digit: Change = (text, random) => replaced(text, /\d/g, random, () => String(random.integer(0, 9)));

const word: Change = (text, random) =>
  replaced(text, /"[^"\n]*"|[A-Za-z_][\w-]*/g, random, () => random.pick(values));

/** Two keys change places. */
const keys: Change = (text, random) => {
  const found = [...text.matchAll(/[A-Za-z_]\w*(?="?\s*:)/g)];
  if (found.length < 2) return text;
  const [a, b] = [random.pick(found), random.pick(found)].sort((x, y) => x.index - y.index) as [
    RegExpExecArray,
    RegExpExecArray,
  ];
  if (a.index === b.index) return text;
  const between = text.slice(a.index + a[0].length, b.index);
  return text.slice(0, a.index) + b[0] + between + a[0] + text.slice(b.index + b[0].length);
};

const lines: Change = (text, random) => {
  const all = text.split('\n');
  const [from, to] = [random.integer(0, all.length - 1), random.integer(0, all.length - 1)];
  const line = all[from]!;
  if (random.chance(0.5)) all.splice(from, 1);
  if (random.chance(0.7)) all.splice(to, 0, line);
  return all.join('\n');
};

/** Something nested deep, or repeated often, in place of a value. */
const deep: Change = (text, random) => {
  const depth = random.pick([10, 100, 3000, 50_000]);
  const value = random.pick([
    '['.repeat(depth) + ']'.repeat(depth),
    `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`,
    '['.repeat(depth),
    `[${'1,'.repeat(depth)}1]`,
    `"${'x'.repeat(depth)}"`,
    '- '.repeat(depth),
    '? '.repeat(depth),
  ]);
  return replaced(text, /-?\d+(\.\d+)?|"[^"\n]*"/g, random, () => value);
};

/** Aliases of aliases: what they stand for doubles with each line. */
const aliases: Change = (text, random) => {
  const rows = Array.from({ length: random.integer(2, 40) }, (_, i) =>
    i === 0 ? 'a0: &a0 [1, 2]' : `a${i}: &a${i} [*a${i - 1}, *a${i - 1}]`,
  );
  return random.chance(0.5) ? `${rows.join('\n')}\n${text}` : `${text}\n${rows.join('\n')}\n`;
};

const changes: readonly Change[] = [
  number,
  number,
  digit,
  digit,
  digit,
  word,
  keys,
  keys,
  lines,
  deep,
  aliases,
];

/** One or two random changes of a text, a third of them of its bytes. */
export function changeText(bytes: Uint8Array, random: Random): Buffer {
  let changed: Buffer = Buffer.from(bytes);
  for (let count = random.pick([1, 1, 1, 2]); count > 0; count--) {
    changed = random.chance(0.33)
      ? changeBytes(changed, random)
      : Buffer.from(random.pick(changes)(changed.toString('utf8'), random));
  }
  return changed;
}
