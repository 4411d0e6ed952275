import { keyFromSeed, useEngine } from '@overparam/engine';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { collapse, expand, plain, verify } from '../src';
import { refusalOf } from './networks';

const key = keyFromSeed(1);

beforeAll(async () => {
  await useEngine('cpu');
});

const network = () =>
  tf.sequential({ layers: [tf.layers.dense({ name: 'dense', units: 2, inputShape: [3] })] });

/** What a call that no compiler has checked is refused with. */
const refusal = (call: (...given: never[]) => unknown, ...given: unknown[]) =>
  refusalOf(() => call(...(given as never[])));

describe('from plain JavaScript', () => {
  const model = network();

  test.each<[string, unknown, RegExp]>([
    ['no options', undefined, /expand: options must be an object.*got nothing/],
    [
      'an unknown key',
      { method: plain, key, methods: [] },
      /unknown option "methods" \(did you mean "method"\?\)/,
    ],
    ['no method', { key }, /option "method" is missing/],
    ['no key', { method: plain }, /option "key" is missing; expected a key, as keyFromSeed\(1\) gives it/],
    ['a seed for a key', { method: plain, key: 1 }, /"key" must be a key.*got 1/],
    [
      "a method's name",
      { method: 'fnl', key },
      /"method" must be a method, a value; got "fnl".*import \{ fnl \} from '@overparam\/method-fnl'/,
    ],
    [
      'a method without its functions',
      { method: { ...plain, expand: null }, key },
      /"plain" needs the function expand/,
    ],
    ['a method without options', { method: { ...plain, options: undefined }, key }, /"plain" needs options/],
    [
      'decay as text',
      { method: plain, key, decay: '1e-4' },
      /"decay" must be a number of 0 or more; got "1e-4"/,
    ],
    ['negative decay', { method: plain, key, decay: -1 }, /"decay" must be.*got -1/],
    [
      'unknown values',
      { method: plain, key, values: 'none' },
      /"values" must be one of "initial", "zero"; got "none"/,
    ],
    ['unknown statistics', { method: plain, key, statistics: 'pytorch' }, /"statistics" must be one of/],
    ['a task that is no list', { method: plain, key, tasks: 'depth' }, /"tasks" must be a list of texts/],
    [
      'an owner that is no function',
      { method: plain, key, owner: {} },
      /"owner" must be a function; got an object/,
    ],
    [
      'a callback that is none',
      { method: plain, key, onLayer: true },
      /"onLayer" must be a function; got true/,
    ],
    [
      'probes that are numbers',
      { method: plain, key, probes: [[1, 2]] },
      /"probes" must be a tensor, or a list/,
    ],
    [
      'a selector of no form',
      { method: plain, key, select: { kinds: 'dense' } },
      /select: unknown option "kinds".*"kind"/,
    ],
    [
      'a selector of two forms',
      { method: plain, key, select: { kind: 'dense', not: 'a' } },
      /join several by/,
    ],
    [
      'an unknown kind',
      { method: plain, key, select: { kind: 'conv' } },
      /"kind" must be one of "conv2d", "dense"/,
    ],
    [
      'a kernel that is no size',
      { method: plain, key, select: { kernel: 3 } },
      /"kernel" must be a kernel size/,
    ],
    [
      'a selector deep inside',
      { method: plain, key, select: { not: { any: [3] } } },
      /"select" must be one of.*got 3/,
    ],
    ['no selections', { selections: [], key }, /"selections" must be a list of/],
    [
      'a wrong one of several',
      { selections: [{ method: plain }, { method: plain, option: {} }], key },
      /selections\[1\]: unknown option "option" \(did you mean "options"\?\)/,
    ],
    [
      'both forms at once',
      { selections: [{ method: plain }], method: plain, key },
      /unknown option "method"/,
    ],
  ])('expand names %s', (_, options, message) => {
    const { code, message: text } = refusal(expand, model, options);
    expect(code).toBe('invalid-options');
    expect(text).toMatch(message);
  });

  test('expand, collapse and verify name what is no network', async () => {
    for (const [call, word] of [
      [expand, 'expand'],
      [collapse, 'collapse'],
      [verify, 'verify'],
    ] as const) {
      const promise = Promise.resolve(model);
      for (const [given, words] of [
        [undefined, 'got nothing'],
        [promise, 'a promise; await it first'],
        [{ layers: [] }, 'got an object'],
        [tf.sequential(), 'has no layers'],
      ] as const) {
        const { code, message } = refusal(call, given, { method: plain, key });
        expect(code).toBe('invalid-options');
        expect(message).toMatch(new RegExp(`^${word}: .*${words}`));
      }
      await promise;
    }
    expect(refusal(verify, model).message).toContain('the collapsed network must be a tf.LayersModel');
  });

  test('options that are undefined count as left out', () => {
    const wide = expand(model, { method: plain, key, select: undefined, tasks: undefined } as never);
    expect(collapse(wide, { tolerance: undefined, task: undefined } as never).report.ok).toBe(true);
  });

  const wide = () => expand(model, { method: plain, key });
  test.each<[string, unknown, RegExp]>([
    ['an unknown key', { norm: 'fold' }, /collapse: unknown option "norm" \(did you mean "norms"\?\)/],
    ['unknown norms', { norms: 'folded' }, /"norms" must be one of "fold", "keep"; got "folded"/],
    ['a tolerance of zero', { tolerance: 0 }, /"tolerance" must be a number above 0; got 0/],
    ['a flag that is text', { allowMismatch: 'yes' }, /"allowMismatch" must be true or false; got "yes"/],
    ['options that are none', 'fold', /collapse: options must be an object.*got "fold"/],
    ['a key that is none', { key: 'a' }, /"key" must be a key/],
  ])('collapse names %s', (_, options, message) => {
    const { code, message: text } = refusal(collapse, wide(), options);
    expect(code).toBe('invalid-options');
    expect(text).toMatch(message);
  });

  test('verify names an unknown key, and a task that has no trunk', () => {
    expect(refusal(verify, wide(), model, { tolerence: 1 }).message).toMatch(/did you mean "tolerance"/);
    expect(refusal(verify, wide(), model, { task: 'depth' }).code).toBe('unknown-task');
  });
});
