import { isOverparamError, type OverparamError } from '@overparam/errors';
import { type } from 'arktype';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { checkOptions, describeOptions, type OptionsSchema, optionNames, parseOptions } from '../src';

interface Options {
  readonly rank: number;
  readonly start: 'fresh' | 'preserve';
  readonly parts?: { readonly width: number };
}

const length = z.union([z.strictObject({ epochs: z.number() }), z.strictObject({ updates: z.int() })], {
  error: 'expected a length',
});

/** The same options by two libraries, each with a part that only it can say. */
const schemas: readonly [string, OptionsSchema<Options>][] = [
  [
    'Zod',
    z.strictObject({
      parts: z.strictObject({ width: z.number() }).optional(),
      rank: z.int().min(1).default(2),
      start: z.enum(['fresh', 'preserve']).default('fresh').describe('Where from.'),
    }),
  ],
  [
    'ArkType',
    type({
      '+': 'reject',
      'parts?': { '+': 'reject', width: 'number' },
      rank: 'number.integer >= 1 = 2',
      start: type("'fresh' | 'preserve'").configure({ description: 'Where from.' }).default('fresh'),
    }),
  ],
];

test.each<[string, unknown, RegExp]>([
  ['an infinity', Number.POSITIVE_INFINITY, /"inner\.value": got Infinity \(expected what JSON can hold/],
  ['no number', Number.NaN, /"inner\.value": got NaN/],
  ['a date', new Date(0), /got an object of Date/],
  ['a function', () => 1, /got a function/],
  ['something deep inside', [1, { at: 1n }], /"inner\.value\.1\.at": got 1 /],
])('options that a file would not hold are refused: %s', (_, value, message) => {
  const schema = z.strictObject({ inner: z.strictObject({ value: z.unknown() }) });
  expect(refusal(schema, { inner: { value } }).message).toMatch(message);
  expect(parseOptions(schema, { inner: { value: [1, 'a', null, { b: undefined }] } })).toBeDefined();
});

function refusal(schema: OptionsSchema, given: unknown): OverparamError {
  try {
    parseOptions(schema, given, 'method "thin"');
  } catch (error) {
    if (isOverparamError(error)) return error;
    throw error;
  }
  throw new Error('the options were not refused');
}

test.each(schemas)('%s: options are completed', (_, schema) => {
  expect(parseOptions(schema)).toEqual({ rank: 2, start: 'fresh' });
  expect(parseOptions(schema, { rank: 3, parts: { width: 0.5 } })).toEqual({
    rank: 3,
    start: 'fresh',
    parts: { width: 0.5 },
  });
});

test.each(schemas)('%s: all that is wrong is said at once, with names and paths', (_, schema) => {
  const { code, message } = refusal(schema, { ranc: 4, zzz: 1, rank: 0, parts: { wdith: 1, width: 'x' } });
  expect(code).toBe('invalid-options');
  expect(message).toContain('method "thin": unknown option "ranc" (did you mean "rank"?); ');
  expect(message).toContain('unknown option "zzz" (expected one of parts, rank, start); ');
  expect(message).toContain('unknown option "parts.wdith" (did you mean "width"?); ');
  expect(message).toMatch(/option "rank": .*1/);
  expect(message).toMatch(/option "parts\.width": .*number/);
  expect(message.split(';')).toHaveLength(5);
});

test.each(schemas)('%s: a list shows options with types, defaults and descriptions', (library, schema) => {
  expect(optionNames(schema)).toEqual(['parts', 'rank', 'start']);
  expect(optionNames(schema, ['parts'])).toEqual(['width']);
  expect(optionNames(schema, ['rank'])).toEqual([]);
  expect(describeOptions(schema)).toMatchObject([
    { name: 'parts', type: '{ width }' },
    { name: 'rank', type: 'integer' },
    { name: 'start', type: '"fresh" | "preserve"', description: 'Where from.' },
  ]);
  // ArkType leaves defaults out of the JSON schema of what may be given.
  const defaults = describeOptions(schema).map((option) => option.default);
  expect(defaults).toEqual(library === 'Zod' ? [undefined, 2, 'fresh'] : [undefined, undefined, undefined]);
});

test('a schema that takes any key keeps it, and one that cannot be JSON says nothing of its keys', () => {
  expect(parseOptions(z.looseObject({ a: z.number() }), { a: 1, b: 2 })).toEqual({ a: 1, b: 2 });
  const opaque = z.strictObject({ when: z.date().optional() }).transform(() => 1);
  expect(optionNames(opaque)).toEqual(['when']);
  const silent = {
    '~standard': {
      ...opaque['~standard'],
      jsonSchema: {
        input: () => {
          throw new Error('not supported');
        },
      },
    },
  };
  expect(optionNames(silent)).toEqual([]);
  expect(refusal(silent, { whem: 1 }).message).toContain('Unrecognized key: "whem"');
});

test('alternatives are told apart: keys of any of them are known, and a mixture is refused', () => {
  const schema = z.strictObject({
    warmup: length.nullable().default(null),
    turns: z.array(length).optional(),
  });
  expect(optionNames(schema, ['warmup'])).toEqual(['epochs', 'updates']);
  expect(parseOptions(schema, { warmup: { updates: 3 } })).toEqual({ warmup: { updates: 3 } });
  expect(refusal(schema, { warmup: { epoch: 3 } }).message).toContain(
    'unknown option "warmup.epoch" (did you mean "epochs"?)',
  );
  expect(refusal(schema, { turns: [{ epochs: 1 }, { update: 3 }] }).message).toContain(
    'unknown option "turns.1.update" (did you mean "updates"?)',
  );
  expect(refusal(schema, { warmup: { epochs: 1, updates: 2 } }).message).toBe(
    'method "thin": option "warmup": expected a length.',
  );
});

test('options that refer to themselves end', () => {
  interface Tree {
    readonly inner?: Tree;
  }
  const tree: z.ZodType<Tree> = z.lazy(() => z.strictObject({ inner: tree.optional() }));
  expect(optionNames(tree, ['inner', 'inner'])).toEqual(['inner']);
  expect(refusal(tree, { inner: { iner: {} } }).message).toContain('"inner.iner" (did you mean "inner"?)');
});

test('what is wrong can be asked for without an error', () => {
  const schema = z.strictObject({ rank: z.int().default(1) });
  expect(checkOptions(schema)).toEqual({ options: { rank: 1 } });
  expect(checkOptions(schema, { rnk: 1 }).problems).toEqual([
    { path: ['rnk'], message: 'unknown option "rnk" (did you mean "rank"?)', known: ['rank'] },
  ]);
  expect(checkOptions(schema, 3).problems).toMatchObject([
    { path: [], message: expect.stringContaining('expected object') },
  ]);
});

test('a schema that answers later is refused', () => {
  const schema = z.strictObject({}).refine(async () => true);
  expect(refusal(schema, {})).toMatchObject({
    code: 'plugin-invalid',
    message: expect.stringContaining('answers with a promise'),
  });
});
