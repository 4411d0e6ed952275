import { expect, test } from 'vitest';
import { parseRecord, recordText } from '../../src/lock/record';
import { recordOf } from './support';

test('a record comes back from its text', () => {
  const record = recordOf();
  expect(parseRecord(recordText(record))).toEqual(record);
});

test('a record that is cut anywhere, or holds something else, is none', () => {
  const text = recordText(recordOf());
  for (let length = 0; length < text.length - 1; length++) {
    expect(parseRecord(text.slice(0, length))).toBeNull();
  }
  for (const changes of [
    { pid: 0 },
    { pid: -3 },
    { pid: '17' },
    { id: '../x' },
    { silence: 0 },
    { silence: 1e12 },
    { beat: 0.5 },
  ]) {
    expect(parseRecord(JSON.stringify({ ...recordOf(), ...changes }))).toBeNull();
  }
  for (const other of ['null', '17', '[]', '{}', '{"pid":17,"token":"4711"}']) {
    expect(parseRecord(other)).toBeNull();
  }
});
