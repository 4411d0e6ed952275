import { expect, test } from 'vitest';
import { createProgressView, showWork, stepLines } from '../src';
import { stage } from './stage';

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
  const [bar, line, ...more] = texts;
  const begin = `\r\u001B[K${'█'.repeat(12)}${'░'.repeat(12)} 50/100  `;
  expect(bar).toBe(begin + 'x'.repeat(59 + '\r\u001B[K'.length - begin.length));
  expect(line).toBe('\r\u001B[Ka line\n');
  expect(more).toEqual([]);
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
