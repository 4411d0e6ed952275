import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { registerTensorflow } from '../src';
import type { TensorFlowBackend } from '../src/backend/backend';
import { bfloat16Problem } from '../src/binding/processor';
import { Choices } from '../src/choices/choices';
import { fastest, type Question } from '../src/choices/question';
import { TimingTable } from '../src/choices/table';
import { libraryIsThere } from './library';

const folder = mkdtempSync(join(tmpdir(), 'timings-'));
afterAll(() => rmSync(folder, { recursive: true }));

const conditions = { library: '2.21.0', threads: 2, processor: 'any' };
const question: Question = {
  key: 'work of 2x3',
  ways: ['usual', 'other'],
  shapes: {},
  compute: () => tf.scalar(0),
};

describe('the way that is taken', () => {
  test('is the usual one, unless another one is faster by more than noise', () => {
    expect(fastest(question, { usual: 10, other: 9.7 })).toBe('usual');
    expect(fastest(question, { usual: 10, other: 9.4 })).toBe('other');
    expect(fastest(question, { usual: 10, other: 11 })).toBe('usual');
    expect(fastest(question, { usual: 10 })).toBeNull();
  });

  test('is the one that was given, before what was timed; what was taken is told, sorted', () => {
    const table = new TimingTable(join(folder, 'given.json'), conditions);
    const choices = new Choices(table);
    expect(choices.of(question)).toBeNull();
    choices.learn(
      new Map([
        [question.key, { usual: 2, other: 1 }],
        ['b', { usual: 1, other: 2 }],
      ]),
    );
    expect(choices.of({ ...question, key: 'b' })).toBe('usual');
    expect(choices.of(question)).toBe('other');
    expect(JSON.stringify(choices.taken())).toBe('{"b":"usual","work of 2x3":"other"}');
    choices.restart({ [question.key]: 'usual' });
    expect(choices.taken()).toEqual({ [question.key]: 'usual' });
    expect(choices.of(question)).toBe('usual');
    // A way that this version does not know.
    choices.restart({ [question.key]: 'gone' });
    expect(choices.of(question)).toBe('other');
  });
});

describe('the table of timings', () => {
  test('is kept from one process to the next, and what others have added stays', () => {
    const file = join(folder, 'kept.json');
    const [one, other] = [new TimingTable(file, conditions), new TimingTable(file, conditions)];
    expect(one.get('a')).toBeNull();
    expect(other.get('a')).toBeNull();
    one.add(new Map([['a', { usual: 1 }]]));
    other.add(new Map([['b', { usual: 2 }]]));
    const later = new TimingTable(file, conditions);
    expect([later.get('a'), later.get('b')]).toEqual([{ usual: 1 }, { usual: 2 }]);
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  test.each([
    ['cut off', (text: string) => text.slice(0, 40)],
    ['a changed figure', (text: string) => text.replace('1.25', '9.25')],
    ['other JSON', () => '{"sum":1}'],
  ])('%s: made again, with a word', (_, damage) => {
    const file = join(folder, 'damaged.json');
    new TimingTable(file, conditions).add(new Map([['a', { usual: 1.25 }]]));
    writeFileSync(file, damage(readFileSync(file, 'utf8')));
    const words: string[] = [];
    const table = new TimingTable(file, conditions, (text) => words.push(text));
    expect(table.get('a')).toBeNull();
    expect(words).toEqual([expect.stringContaining('damaged')]);
    table.add(new Map([['a', { usual: 3 }]]));
    expect(new TimingTable(file, conditions).get('a')).toEqual({ usual: 3 });
  });

  test('where none can be written, it is as good for this process', () => {
    const blocked = join(folder, 'a-file');
    writeFileSync(blocked, '');
    const table = new TimingTable(join(blocked, 'table.json'), conditions);
    table.add(new Map([['a', { usual: 1 }]]));
    expect(table.get('a')).toEqual({ usual: 1 });
  });
});

describe.skipIf(!libraryIsThere() || bfloat16Problem(false) !== null)('a step in half precision', () => {
  beforeAll(async () => {
    registerTensorflow();
    await tf.setBackend('tensorflow');
  });

  test('takes the way that is given, tells which it took, and both agree within rounding', () => {
    const backend = tf.backend() as TensorFlowBackend & {
      kernelChoices(): Readonly<Record<string, string>>;
      useKernelChoices(given: Readonly<Record<string, string>>): void;
    };
    const x = tf.randomNormal([4, 8, 8, 64], 0, 1, 'float32', 1);
    const dy = tf.randomNormal([4, 4, 4, 64], 0, 1, 'float32', 2);
    const gradientBy = (precision: 'float32' | 'bfloat16', way?: string) => {
      const step = backend.compileStep(
        (given) => ({
          filter: tf.engine().runKernel(
            'Conv2DBackpropFilter',
            { x: given.x!, dy: given.dy! },
            {
              strides: [2, 2],
              pad: [
                [0, 0],
                [1, 1],
                [1, 1],
                [0, 0],
              ],
              dataFormat: 'NHWC',
              dimRoundingMode: 'floor',
              filterShape: [3, 3, 64, 64],
            },
          ) as tf.Tensor,
        }),
        { precision },
      );
      backend.useKernelChoices(way === undefined ? {} : { [key]: way });
      const { filter } = step({ x, dy });
      step.dispose();
      return tf.tidy(() => filter!.dataSync());
    };
    let key = '';
    gradientBy('bfloat16');
    [key] = Object.keys(backend.kernelChoices()) as [string];
    expect(key).toContain('filter gradient of 4x8x8x64 by 3x3x64x64, strides 2x2');
    const exact = gradientBy('float32');
    expect(backend.kernelChoices()).toEqual({});
    const scale = Math.max(...exact.map(Math.abs));
    for (const way of ['op', 'products']) {
      const found = gradientBy('bfloat16', way);
      expect(backend.kernelChoices()).toEqual({ [key]: way });
      const worst = Math.max(...found.map((value, at) => Math.abs(value - exact[at]!)));
      expect(worst / scale).toBeLessThan(2 ** -7);
      expect(worst).toBeGreaterThan(0);
    }
    tf.dispose([x, dy]);
  });
});
