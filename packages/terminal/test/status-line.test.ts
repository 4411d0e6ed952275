import { expect, test } from 'vitest';
import { statusLine } from '../src';
import { stage } from './stage';

const clear = '\r\u001B[K';

test('on a terminal a text takes the place of the one before, ten times a second at most', () => {
  const { texts, clock, stream, now } = stage(true);
  const status = statusLine(stream, now);
  for (clock.now = 0; clock.now < 200; clock.now += 20) status.show(`at ${clock.now}`);
  expect(texts).toEqual([`${clear}at 0`, `${clear}at 100`]);
  status.line('stays');
  status.end();
  expect(texts.slice(2)).toEqual([`${clear}stays\n`, clear]);
});

test('elsewhere there is a line every ten seconds, and no escape sequence', () => {
  const { texts, clock, stream, now } = stage(false);
  const status = statusLine(stream, now);
  for (clock.now = 0; clock.now < 20_000; clock.now += 1000) status.show(() => `at ${clock.now}`);
  status.line('stays');
  status.end();
  expect(texts).toEqual(['at 0\n', 'at 10000\n', 'stays\n']);
});

test('what is urgent is shown at once', () => {
  const { texts, stream, now } = stage(false);
  const status = statusLine(stream, now);
  status.show('one');
  status.show('two');
  status.show('three', true);
  expect(texts).toEqual(['one\n', 'three\n']);
});

test('a text is cut to the width of the terminal, wide letters counted', () => {
  const { texts, stream, now } = stage(true);
  statusLine(stream, now).show('訓'.repeat(40));
  expect(texts).toEqual([`${clear}${'訓'.repeat(29)}`]);
});
