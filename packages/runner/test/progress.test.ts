import { expect, test } from 'vitest';
import { clockText, createProgressView, paceText, showWork, stepLines } from '../src/cli/progress';

/** A stream that remembers, with a clock that is set by hand. */
function stage(isTTY: boolean) {
  const texts: string[] = [];
  const clock = { now: 0 };
  const stream = { isTTY, columns: 60, write: (text: string) => texts.push(text) > 0 };
  return { texts, clock, stream: stream as never, now: () => clock.now };
}

test('times read as clocks', () => {
  expect([7, 187, 3765, Number.NaN].map(clockText)).toEqual(['0:07', '3:07', '1:02:45', '-']);
});

test('rate and time left follow from what was done', () => {
  expect(paceText(20, 90, 10)).toBe('2.0 updates/s, 0:45 left');
  expect(paceText(0, 90, 10)).toBe('');
});

test('without a terminal there is a line every ten seconds and at the end', () => {
  const { texts, clock, stream, now } = stage(false);
  const view = createProgressView(stream, now);
  for (let done = 1; done <= 100; done++) {
    clock.now = done * 500;
    view.show(done, 100, `epoch ${Math.ceil(done / 10)}`);
  }
  expect(texts).toHaveLength(6);
  expect(texts[1]).toBe('21/100  epoch 3  2.0 updates/s, 0:40 left\n');
  expect(texts.at(-1)).toContain('100/100');
});

test('on a terminal the bar stays in one line of its width', () => {
  const { texts, stream, now } = stage(true);
  const view = createProgressView(stream, now);
  view.show(50, 100, 'x'.repeat(200));
  view.line('a line');
  expect(texts.filter((text) => text.includes('█')).every((text) => text.length < 60)).toBe(true);
  expect(texts.at(-1)).toBe('a line\n');
});

test('work on data says its end once', () => {
  const { texts, clock, stream, now } = stage(false);
  const work = showWork(stream, now);
  work(1e6, 4e6, 'train.bin');
  clock.now = 11_000;
  work(2e6, 4e6, 'train.bin');
  work(4e6, 4e6, 'train.bin');
  work(4e6, 4e6, 'train.bin');
  expect(texts).toEqual([
    'train.bin: 25 % of 4.0 M, 0:00 left\n',
    'train.bin: 50 % of 4.0 M, 0:11 left\n',
    'train.bin: 100 % of 4.0 M\n',
  ]);
});

test('steps are told after two seconds, then every ten', () => {
  const { clock, now } = stage(false);
  const lines: string[] = [];
  const steps = stepLines((text) => lines.push(text), now);
  for (let done = 1; done <= 31; done++) {
    clock.now = done * 500;
    steps('layers expanded', done, 31, `conv${done}`);
  }
  expect(lines).toEqual(['layers expanded: 4 of 31 (conv4)', 'layers expanded: 24 of 31 (conv24)']);
});
