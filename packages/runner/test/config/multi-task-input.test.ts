import { writeFileSync } from 'node:fs';
import type { ConfigFile } from '@overparam/config';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { runCommand } from '../support/command';
import { openPlan } from '../support/plan';
import { temporaryFolder, tinyScenes } from '../support/tiny';

const path = temporaryFolder();

/** What planning a run says of a config that it refuses. */
async function refusal(changes: ConfigFile): Promise<{ code: string; message: string }> {
  const plan = await openPlan({ ...tinyScenes, ...changes }).catch(
    (error: { code: string; message: string }) => error,
  );
  if ('code' in plan) return plan;
  await plan.dataset.close();
  throw new Error('the config was not refused');
}

describe('what cannot be done is named when the config is read', () => {
  test.each([
    ['an unknown task', { tasks: ['segmentaton'] }, 'unknown-task', /"segmentaton".*"segmentation"/],
    ['a task twice', { tasks: ['depth', 'depth'] }, 'invalid-config', /tasks: expected each task once/],
    ['an unknown balancer', { balancer: 'nash' }, 'unknown-balancer', /nash/],
    [
      "a balancer's unknown option",
      { balancer: { name: 'dwa', temprature: 1 } },
      'invalid-options',
      /balancer "dwa".*temprature/s,
    ],
    [
      'weights for other tasks',
      { balancer: { name: 'static', weights: { depth: 1 } } },
      'unsupported-balancer',
      /none for task "segmentation"/,
    ],
    [
      'a preference for other tasks',
      { balancer: { name: 'upgrad', preference: [1, 2] } },
      'unsupported-balancer',
      /"upgrad": option "preference" has 2 weights for 3 tasks \(segmentation, depth, normals\)/,
    ],
    [
      'a preference below zero',
      { balancer: { name: 'stch', preference: { depth: -1, segmentation: 1, normals: 1 } } },
      'invalid-options',
      /balancer "stch": option "preference.depth"/,
    ],
    [
      'two batches a step of data that is one batch',
      { balancer: 'modo', limit: { train: 3, test: 2 }, batch: 2 },
      'unsupported-balancer',
      /"modo": .*two batches.*batch: 2 the 3 training images make a single one/,
    ],
    [
      'an average of a balancer that is not there',
      { balancer: { name: 'cr-mogm', of: 'mgad' } },
      'invalid-options',
      /option "of": Unknown balancer "mgad"; did you mean "mgda"/,
    ],
    [
      'averages over representations',
      { balancer: 'db-mtl', gradients: 'representation' as const },
      'unsupported-balancer',
      /representation/,
    ],
    [
      'averages over trunks',
      { balancer: 'db-mtl', method: { name: 'trirep', multiTask: 'perTask' } },
      'unsupported-balancer',
      /trunk/,
    ],
    [
      'a representation that trunks do not share',
      {
        balancer: 'mgda',
        gradients: 'representation' as const,
        method: { name: 'trirep', multiTask: 'perTask' },
      },
      'unsupported-balancer',
      /no representation that tasks share/,
    ],
    [
      'merging without a routine that merges',
      { method: { name: 'trirep', multiTask: 'merge' } },
      'unsupported-routine',
      /"tau".*progressive/,
    ],
    [
      'one network after trunks that stay apart',
      { method: { name: 'trirep', multiTask: 'perTask' }, routine: 'progressive' },
      'unsupported-routine',
      /trunks stay apart/,
    ],
    [
      'sizes that the network cannot take',
      { dataset: { name: 'nyuv2-sample', size: [40, 32] } },
      'invalid-network-shape',
      /multiples of 32/,
    ],
    ['an unknown head', { heads: 'segnt' }, 'unknown-head', /"segnet"/],
    [
      "an unknown option of a task's head",
      { heads: { depth: { name: 'deeplab', filter: 8 } } },
      'invalid-options',
      /head "deeplab": unknown option "filter".*"filters/,
    ],
    [
      'an option out of range of the head of all tasks',
      { heads: { name: 'deeplab', dropout: 2 } },
      'invalid-options',
      /head "deeplab".*dropout/,
    ],
    [
      'a head of an unknown task',
      { heads: { depht: 'segnet' } },
      'unknown-task',
      /"depht".*segmentation, depth, normals/,
    ],
    [
      'the best epoch without a split for it',
      { evaluation: 'best' as const },
      'no-validation-split',
      /holdOut/,
    ],
  ])('%s', async (_, changes, code, message) => {
    const error = await refusal(changes as ConfigFile);
    expect(error.message).toMatch(message);
    expect(error.code).toBe(code);
  });
});

test('heads take options, for all tasks or for one', async () => {
  const parametersWith = async (heads: ConfigFile['heads']) => {
    const plan = await openPlan({ ...tinyScenes, heads } as ConfigFile);
    await plan.dataset.close();
    return plan.parameters.plain;
  };
  const narrow = { name: 'deeplab', filters: 8, rates: [2] };
  const all = await parametersWith(narrow);
  const each = { segmentation: narrow, depth: narrow, normals: narrow };
  expect(await parametersWith(each)).toBe(all);
  const one = await parametersWith({ ...each, depth: { ...narrow, rates: [2, 4] } });
  const features = 4;
  // One more 3x3 convolution of the features with its norm, and eight channels more for the one that follows.
  expect(one - all).toBe(9 * features * 8 + 2 * 8 + 8 * 8);
});

test('the command line ends with code 2', async () => {
  writeFileSync(
    path('config.yaml'),
    stringify({ ...tinyScenes, balancer: { name: 'static', weights: [1, 2] } }),
  );
  const { code, stderr } = await runCommand('train', path('config.yaml'), '--out', path('run'));
  expect(stderr).toContain('2 weights for 3 tasks');
  expect(code).toBe(2);
});
