import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ComparisonResult } from '@overparam/report';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { main } from '../../src/main';
import { runCommand } from '../support/command';
import { temporaryFolder, textOf, tiny } from '../support/tiny';

const path = temporaryFolder();
const plugin = fileURLToPath(new URL('../fixtures/poisoned-data.ts', import.meta.url));
let told = '';

beforeEach(() => {
  told = '';
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    told += String(text);
    return true;
  });
});

describe('a sweep', () => {
  test('chooses without the test split, which is read by the runs that are compared alone', async () => {
    const config = { ...tiny, dataset: 'poisoned', plugins: [plugin], limit: {}, epochs: 1, batch: 6 };
    const sweep = {
      over: { lr: [0.01, 0.1] },
      seeds: [5],
      validation: { share: 0.25, seed: 3 },
      grow: { most: 0 },
    };
    const file = path('poisoned.yaml');
    writeFileSync(file, stringify({ ...config, sweep }));
    const out = path('poisoned');
    const first = await runCommand('compare', file, '--out', out, '--json');
    const { chosen, rows: compared } = JSON.parse(first.stdout) as ComparisonResult;
    const [row] = chosen!.rows;
    expect(row!.tried.map(({ setting, failure }) => [setting.lr, failure])).toEqual([
      [0.01, null],
      [0.1, null],
    ]);
    expect(row!.cost).toMatchObject({ runs: 2, updates: 6 });
    expect(chosen).toMatchObject({ seeds: ['5'], validation: { share: 0.25, seed: '3' } });
    const trials = readdirSync(path('poisoned', 'choosing', 'plain-joint'));
    expect(textOf(out, 'choosing', 'plain-joint', trials[0]!, 'data.json')).toContain('"examples": 6');
    // The runs that are compared do read it: so the others would have been found out.
    expect(first.code).toBe(1);
    expect(compared[0]!.failures[0]!.message).toContain('The test split was read');
    // Going on does not try anything again, and leaves the same choice.
    const again = await runCommand('compare', file, '--out', out, '--json', '--resume');
    expect((JSON.parse(again.stdout) as ComparisonResult).chosen).toEqual(chosen);
    expect(again.stderr).toContain('lr 0.01, seed 5: was done already');
  });

  const rows = [{ method: 'plain' }, { method: 'fnl' }];
  test.each<[string, object, readonly string[], RegExp]>([
    ['a key that does not exist', {}, ['learningRate=1,2'], /over\.learningRate.*unknown key/],
    ['an option that no row has', {}, ['method.rankScaling=1,2'], /over\.method\.rankScaling, for every row/],
    ['a value that is none', {}, ['lr=0.1,-1'], /over\.lr, for plain\/joint: .*lr/],
    ['a grid of one', {}, ['lr=0.1'], /at least two values/],
    ['what weighs one task', {}, ['balancer=equal,rlw'], /over\.balancer matters to no row/],
    ['what changes what is measured', {}, ['limit.test=5,10'], /over\.limit\.test cannot be chosen/],
    [
      'seeds that overlap',
      { seeds: [1], sweep: { over: { lr: [1, 2] }, seeds: [1] } },
      [],
      /1 is of the comparison too/,
    ],
    [
      'no room for validation',
      {},
      ['lr=1,2', '--set', 'sweep.validation.share=0.01'],
      /a share of 0\.01 of 24 training images is 0/,
    ],
    [
      'a validation split larger than the data',
      {},
      ['lr=1,2', '--set', 'sweep.validation.share=1.5'],
      /sweep\.validation\.share/,
    ],
    [
      'too little left to train on',
      { batch: 12 },
      ['lr=1,2', '--set', 'sweep.validation.share=0.9'],
      /batch: 12 is larger than the \d+ training images/,
    ],
  ])(
    '%s is a mistake in the config, found before anything is written',
    async (name, more, sweeps, message) => {
      const config = path('bad.yaml');
      const out = path(name.replaceAll(' ', '-'));
      writeFileSync(config, stringify({ ...tiny, method: undefined, rows, ...more }));
      const [first, ...others] = sweeps;
      const options = first === undefined ? [] : ['--sweep', first, ...others];
      expect(await main(['compare', config, '--out', out, ...options])).toBe(2);
      expect(told).toMatch(message);
      expect(existsSync(out)).toBe(false);
    },
  );
});
