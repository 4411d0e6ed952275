import { expect, test } from 'vitest';
import { clockText, paceText } from '../src';

test('times read as clocks', () => {
  expect([7, 187, 3765, Number.NaN].map(clockText)).toEqual(['0:07', '3:07', '1:02:45', '-']);
});

test('rate and time left follow from what was done', () => {
  expect(paceText(20, 90, 10)).toBe('2.0 updates/s, 0:45 left');
  expect(paceText(0, 90, 10)).toBe('');
});
