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

test('what cannot be given a name is told by that name', () => {
  const error = Object.assign(new Error('EISDIR'), {
    code: 'EISDIR',
    syscall: 'rename',
    path: '.a.1f.part',
    dest: 'a',
  });
  expect(ownFileProblem(error, 'x')).toMatchObject({
    message: expect.stringMatching(/^"a" could not be written: /),
  });
});

test('other errors are what they are', () => {
  const missing = Object.assign(new Error('ENOENT'), { code: 'ENOENT', syscall: 'open' });
  expect(ownFileProblem(missing, 'x')).toBe(missing);
});
