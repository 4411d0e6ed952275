import { expect, test } from 'vitest';
import { Watch } from '../../src/lock/watch';

test('counts how long nothing changed, and begins anew with a change', () => {
  const clock = { now: 50 };
  const watch = new Watch(() => clock.now);
  const after = (time: number, state: string) => {
    clock.now += time;
    return watch.look(state, 1000);
  };
  expect(after(0, 'a')).toBe(0);
  expect(after(400, 'a')).toBe(400);
  expect(after(400, 'a')).toBe(800);
  expect(after(400, 'b')).toBeNull();
  expect(after(300, 'b')).toBe(300);
  watch.forget();
  expect(after(300, 'b')).toBe(0);
});

test('a long pause between two looks counts only in part', () => {
  const clock = { now: 0 };
  const watch = new Watch(() => clock.now);
  watch.look('a', 1000);
  clock.now = 3_600_000;
  expect(watch.look('a', 1000)).toBe(1000);
});
