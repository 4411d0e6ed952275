import { expect, test, vi } from 'vitest';
import { isOverparamError, nearest, OverparamError } from '../src';

test('an error has a code, a message and what was behind it', () => {
  const cause = new Error('the disk is full');
  const error = new OverparamError('disk-full', 'Expected room; got none. Free some.', { cause });
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({ name: 'OverparamError', code: 'disk-full', cause });
  expect(String(error)).toBe('OverparamError: Expected room; got none. Free some.');
});

test('an error of another copy of the package is known, and nothing else is', async () => {
  vi.resetModules();
  const other = await import('../src');
  expect(other.OverparamError).not.toBe(OverparamError);
  expect(isOverparamError(new other.OverparamError('unknown-key', 'No such key.'))).toBe(true);
  const others: unknown[] = [new Error('x'), { code: 'x', name: 'OverparamError' }, null, undefined, 'x'];
  for (const one of others) expect(isOverparamError(one)).toBe(false);
});

test.each([
  // A letter left out, one too many, another one, two neighbours that changed places.
  ['whitning', 'whitening'],
  ['whitenning', 'whitening'],
  ['chamnel', 'channel'],
  ['nnoe', 'none'],
  // Capitals, and a beginning.
  ['WHITENING', 'whitening'],
  ['white', 'whitening'],
  // Too far from all.
  ['blueprint', null],
  ['x', null],
])('the name most like "%s" is %s', (name, expected) => {
  expect(nearest(name, ['auto', 'whitening', 'channel', 'unfolded', 'none'])).toBe(expected);
});

test('of several near names the nearest is told, the first of equals, and none of none', () => {
  expect(nearest('depht', ['depts', 'depth'])).toBe('depth');
  expect(nearest('cat', ['bat', 'hat'])).toBe('bat');
  expect(nearest('cat', [])).toBeNull();
});
