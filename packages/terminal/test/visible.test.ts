import { expect, test } from 'vitest';
import { alignColumns, columns, statusLine, visible, visibleInLine } from '../src/index';

const red = '\u001B[31mred\u001B[0m';

test('what a terminal obeys is shown, and letters of all scripts stay', () => {
  expect(visible(red)).toBe('\\u001b[31mred\\u001b[0m');
  expect(visible('\u009b2J\u007f\r\u202e')).toBe('\\u009b2J\\u007f\\u000d\\u202e');
  const text = 'mIoU ↑ 日本語 é 👩‍🚀 Ωµ²';
  expect(visible(text)).toBe(text);
});

test('lines stay lines, but not inside of one', () => {
  expect(visible('a\nb')).toBe('a\nb');
  expect(visibleInLine('a\nb')).toBe('a\\u000ab');
});

test('columns are as wide as what is shown', () => {
  expect(
    columns([
      [red, '1'],
      ['plain', '2'],
    ]),
  ).toBe('\\u001b[31mred\\u001b[0m  1\nplain                   2');
  expect(alignColumns(['a\nb'], [['x']], [false])).toBe('a\\u000ab\n--------\nx');
});

test('a line of progress obeys nothing but its own clearing', () => {
  const written: string[] = [];
  const status = statusLine({ isTTY: true, columns: 80, write: (text) => written.push(text) }, () => 0);
  status.show(red);
  status.line(red);
  expect(written).toEqual(['\r\u001B[K\\u001b[31mred\\u001b[0m', '\r\u001B[K\\u001b[31mred\\u001b[0m\n']);
});
