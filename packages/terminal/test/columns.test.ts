import { expect, test } from 'vitest';
import { alignColumns, columns } from '../src';

test('cells are aligned, numbers to the right, and nothing trails', () => {
  const rows = [['a', '1', ''], ['bcd', '10', 'note'], ['e']];
  expect(columns(rows)).toBe('a    1\nbcd  10  note\ne');
  expect(columns(rows, [false, true])).toBe('a     1\nbcd  10  note\ne');
  expect(columns([])).toBe('');
});

test('a table has headings, a rule and rows', () => {
  const table = alignColumns(
    ['name', 'error'],
    [
      ['baseline', '8.07'],
      ['fnl', '12.5'],
    ],
    [false, true],
  );
  expect(table).toBe(['name      error', '--------  -----', 'baseline   8.07', 'fnl        12.5'].join('\n'));
});

test('letters that take two columns and accents keep the alignment', () => {
  const rows = [
    ['訓練', '1'],
    ['e\u0301te\u0301', '2'],
    ['abcd', '4'],
  ];
  expect(columns(rows).split('\n')).toEqual(['訓練  1', 'e\u0301te\u0301   2', 'abcd  4']);
});
