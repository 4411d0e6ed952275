import { expect, test } from 'vitest';
import { ownFileProblem } from '../src';

test.each([
  ['ENOSPC', 'disk-full'],
  ['EDQUOT', 'disk-full'],
  ['EROFS', 'read-only'],
  ['EACCES', 'no-permission'],
  ['EPERM', 'no-permission'],
  ['EIO', 'disk-failed'],
])('%s is the error %s, which names the folder', (answer, code) => {
  const error = Object.assign(new Error(answer), { code: answer, syscall: 'write' });
  expect(ownFileProblem(error, 'runs/a')).toMatchObject({
    code,
    message: expect.stringMatching(/^"runs\/a" could not be written: /),
    cause: error,
  });
});

test('other errors are what they are', () => {
  const missing = Object.assign(new Error('ENOENT'), { code: 'ENOENT', syscall: 'open' });
  expect(ownFileProblem(missing, 'x')).toBe(missing);
});
