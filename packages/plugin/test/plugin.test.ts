import { isOverparamError } from '@overparam/errors';
import { type } from 'arktype';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import * as mini from 'zod/mini';
import {
  definePlugin,
  type Head,
  type HeadKind,
  headOf,
  lookup,
  type Method,
  matchesGroup,
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
    /"sound" needs options, a schema with .*got an object/,
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
  const horn: Head = { name: 'horn', forms: ['vector'], build: (x) => x };
  const head = { ...common, name: 'horn', make: () => horn };
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

describe('the head of a task', () => {
  const head = (name: string, change: Partial<Head> = {}): Head => ({
    name,
    forms: ['class', 'vector'],
    build: (x) => x,
    ...change,
  });
  const task = { name: 'own', form: 'class', outputs: 2 } as const;
  const codeAndText = (given: () => unknown) => {
    try {
      return given();
    } catch (error) {
      if (isOverparamError(error)) return `${error.code}: ${error.message}`;
      throw error;
    }
  };

  test("is the one that it brings, or else the backbone's own for its form", () => {
    const [mine, own] = [head('mine'), head('own')];
    expect(headOf('net', { ...task, head: mine }, { class: own })).toBe(mine);
    expect(headOf('net', task, { class: own, dense: mine })).toBe(own);
  });

  test.each<[string, Parameters<typeof headOf>[1], RegExp]>([
    [
      'of another form',
      { ...task, form: 'dense', head: head('mean') },
      /^unsupported-head: \[net\] the head "mean" does not fit task "own": it serves tasks of form class or vector, and this one is of form dense\. Choose another/,
    ],
    [
      'that declines',
      {
        ...task,
        head: head('pair', { supports: ({ outputs }) => outputs === 3 || 'it wants three outputs' }),
      },
      /the head "pair" does not fit task "own": it wants three outputs\.$/,
    ],
    [
      'that there is not',
      task,
      /task "own" is of form class, for which this backbone has no head of its own/,
    ],
    [
      'that says nothing of forms, as JavaScript lets it',
      { ...task, head: head('old', { forms: undefined as unknown as Head['forms'] }) },
      /the head "old".*tasks of form none/,
    ],
    [
      'for a task without a form, as JavaScript lets it',
      { ...task, form: undefined as unknown as 'class', head: head('mean') },
      /this one is of form undefined/,
    ],
  ])('%s is refused', (_, given, message) => {
    expect(codeAndText(() => headOf('net', given, {}))).toMatch(message);
  });
});

test.each<[object, boolean]>([
  [{}, true],
  [{ role: 'core' }, true],
  [{ role: 'frame' }, false],
  [{ block: 'U' }, true],
  [{ block: null }, false],
  [{ task: null }, true],
  [{ task: 'depth' }, false],
  [{ role: 'core', block: 'U', task: null }, true],
  [{ role: 'core', block: 'V' }, false],
])('the selector %o matches a core of block U that no task owns: %s', (selector, expected) => {
  expect(matchesGroup(selector, { role: 'core', block: 'U', task: null })).toBe(expected);
});

test("options may be a schema of any library with both of the standard's interfaces", () => {
  // ArkType's schemas are functions.
  const head = { ...common, name: 'ark', options: type({}), make: () => null } as unknown as HeadKind;
  expect(definePlugin({ name: 'p', apiVersion: 1, heads: [head] }).heads).toEqual([head]);
  // zod/mini checks, and has no JSON schema.
  expect(
    refusal({ name: 'p', apiVersion: 1, tasks: [{ ...sound, options: mini.strictObject({}) }] }).message,
  ).toMatch(/"sound" needs options, a schema with .*Standard JSON Schema/);
});
