import { describeOptions, parseOptions } from '@overparam/plugin';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { plain } from '../src/index';

/** What the schema by hand stands for. */
const byLibrary = z.strictObject({
  start: z
    .enum(['fresh', 'preserve'])
    .default('fresh')
    .describe('nothing is enlarged, so both begin as the given layer'),
});

test.each([[{}], [{ start: 'preserve' }], [{ start: undefined }], [undefined]])(
  '%j is completed as by zod',
  (given) => {
    expect(parseOptions(plain.options, given)).toEqual(parseOptions(byLibrary, given));
  },
);

test.each([[{ start: 'x' }], [{ strat: 'fresh' }], [{ start: 'fresh', more: 1 }], [3], [null], [['fresh']]])(
  '%j is refused in the words of zod',
  (given) => {
    const said = (schema: typeof plain.options) => {
      try {
        return parseOptions(schema, given, 'plain');
      } catch (error) {
        return (error as Error).message.replace(/, received .*\./, '.');
      }
    };
    expect(said(plain.options)).toMatch(/^plain: /);
    expect(said(plain.options)).toBe(said(byLibrary as never));
  },
);

test('lists show its one option as they would by zod', () => {
  expect(describeOptions(plain.options)).toEqual(describeOptions(byLibrary));
});
