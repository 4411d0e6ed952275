import { afterEach, expect, test, vi } from 'vitest';
import { type Interruptions, interruptions } from '../src/command-line/index';

let heard: Interruptions;
let time = 0;
const listen = () => {
  time = 1000;
  heard = interruptions(() => time);
  return vi.spyOn(process, 'exit').mockImplementation((() => undefined) as never);
};
afterEach(() => {
  heard.end();
  vi.restoreAllMocks();
});

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s aborts', (signal) => {
  const exit = listen();
  process.emit(signal);
  expect(heard.signal.aborted).toBe(true);
  expect(exit).not.toHaveBeenCalled();
});

test('a second interrupt ends the process, but not one that only was passed on', () => {
  const exit = listen();
  process.emit('SIGINT');
  time += 100;
  process.emit('SIGINT');
  expect(exit).not.toHaveBeenCalled();
  time += 1000;
  process.emit('SIGINT');
  expect(exit).toHaveBeenCalledWith(130);
});

test('a terminal that is closed twice ends nothing', () => {
  const exit = listen();
  process.emit('SIGHUP');
  time += 1000;
  process.emit('SIGHUP');
  expect(exit).not.toHaveBeenCalled();
});

test('nothing is heard after the end', () => {
  const before = process.listenerCount('SIGHUP');
  listen();
  expect(process.listenerCount('SIGHUP')).toBe(before + 1);
  heard.end();
  expect(process.listenerCount('SIGHUP')).toBe(before);
});
