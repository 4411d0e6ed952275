import { isOverparamError } from '@overparam/errors';
import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  definePlugin,
  lookup,
  type Method,
  type Plugin,
  registered,
  registerPlugin,
  type TaskKind,
} from '../src';

const common = { apiVersion: 1, summary: 'Test data.', options: z.strictObject({}) } as const;
const plain = { ...common, name: 'plain', supports: () => true, expand: () => null } as unknown as Method;
const sound = { ...common, name: 'sound', make: () => null };

/** What defining a plugin that only JavaScript could write is refused with. */
function refusal(plugin: unknown): { code: string; message: string } {
  try {
    definePlugin(plugin as Plugin);
  } catch (error) {
    if (isOverparamError(error)) return error;
    throw error;
  }
  throw new Error('the plugin was not refused');
}

test.each<[string, unknown, RegExp]>([
  ['nothing', undefined, /A plugin must be an object.*got nothing/],
  ['no name', { apiVersion: 1 }, /name must be a text.*got nothing/],
  ['a misspelt list', { name: 'p', apiVersion: 1, method: [plain] }, /unknown key "method".*"methods"/],
  ['no list', { name: 'p', apiVersion: 1, methods: plain }, /"p": methods must be a list.*got an object/],
  ['no part', { name: 'p', apiVersion: 1, tasks: [null] }, /tasks\[0\] must be an object; got null/],
  [
    'a dataset whose present is no function',
    {
      name: 'p',
      apiVersion: 1,
      datasets: [{ ...sound, open: () => null, verify: () => null, present: true }],
    },
    /datasets\[0\] "sound": present must be a function, or be left out; got true/,
  ],
  [
    'a part without a name',
    { name: 'p', apiVersion: 1, tasks: [{ ...sound, name: '' }] },
    /tasks\[0\] needs a name.*got ""/,
  ],
  [
    'a part without a summary',
    { name: 'p', apiVersion: 1, heads: [{ ...sound, summary: undefined }] },
    /heads\[0\] "sound" needs a summary/,
  ],
  [
    'options that are no schema',
    { name: 'p', apiVersion: 1, tasks: [{ ...sound, options: {} }] },
    /"sound" needs options, a zod schema.*got an object/,
  ],
  [
    'a part without its function',
    { name: 'p', apiVersion: 1, routines: [{ ...sound, name: 'twice', plan: 'later' }] },
    /routines\[0\] "twice" needs the function plan\(\); got "later"/,
  ],
  [
    'two parts of one name',
    { name: 'p', apiVersion: 1, tasks: [sound, { ...sound }] },
    /two parts "sound" in tasks/,
  ],
])('a plugin with %s is refused', (_, plugin, message) => {
  const error = refusal(plugin);
  expect(error.message).toMatch(message);
  expect(error.code).toBe('plugin-invalid');
});

test('a plugin or a part for other contracts is refused as one of another version', () => {
  for (const plugin of [
    { name: 'p', apiVersion: 2 },
    { name: 'p', apiVersion: 1, tasks: [{ ...sound, apiVersion: 2 }] },
  ]) {
    const { code, message } = refusal(plugin);
    expect(code).toBe('plugin-version');
    expect(message).toMatch(/speaks apiVersion 2/);
  }
});

test('kinds of tasks and heads are registered and found like all other parts', () => {
  const kind = sound as unknown as TaskKind;
  const head = { ...common, name: 'horn', make: () => ({ name: 'horn', build: (x: never) => x }) };
  registerPlugin({ name: 'p', apiVersion: 1, tasks: [kind], heads: [head] });
  expect(lookup('task', 'sound')).toBe(kind);
  expect(lookup('head', 'horn')).toBe(head);
  expect(registered('task')).toEqual([kind]);
  expect(() => lookup('head', 'hron')).toThrow(/Unknown head "hron"; did you mean "horn"\?/);
  expect(() => lookup('task', 'smell')).toThrow(/Unknown kind of task "smell"\. Known: sound/);
  expect(() => registerPlugin({ name: 'q', apiVersion: 1, tasks: [kind] })).toThrow(
    /kind of task "sound" of plugin "q".*plugin "p"/,
  );
});
