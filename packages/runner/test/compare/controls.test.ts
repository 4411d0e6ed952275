import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { ComparisonResult } from '@overparam/report';
import type { LayerRecord } from '@overparam/training';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { main } from '../../src/main';
import { runCommand } from '../support/command';
import { temporaryFolder, tiny } from '../support/tiny';

const path = temporaryFolder();
let told = '';

beforeEach(() => {
  told = '';
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    told += String(text);
    return true;
  });
});

function recordsOf(folder: string): LayerRecord[] {
  const text = readFileSync(path(folder, 'layers.jsonl'), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as LayerRecord);
}

const method = { name: 'trirep', frames: 'channel' };

describe('controls of a row', () => {
  test('are trained after it, with what they take over of its run with the same seed', async () => {
    const file = path('controls.yaml');
    const rows = [
      { control: { name: 'normMatched', of: 'TriRep' }, label: 'Norms' },
      { control: { name: 'rateMatched', of: 'TriRep' }, label: 'Rates' },
      { control: { name: 'equalCompute', of: 'TriRep' }, label: 'Compute' },
      { method, label: 'TriRep' },
    ];
    const sweep = { over: { lr: [0.02, 0.05] }, grow: { most: 0 }, validation: { share: 0.25 } };
    writeFileSync(file, stringify({ ...tiny, method: undefined, epochs: 2, rows, sweep }));
    const out = path('controls');
    const done = await runCommand('compare', file, '--out', out, '--json');
    expect(done.code).toBe(0);
    const result = JSON.parse(done.stdout) as ComparisonResult;
    expect(result.rows.map(({ label, kind }) => [label, kind])).toEqual([
      ['Norms', 'row'],
      ['Rates', 'row'],
      ['Compute', 'row'],
      ['TriRep', 'row'],
    ]);
    // What follows TriRep has TriRep's choice and none of its own.
    expect(result.chosen!.rows.map(({ label }) => label)).toEqual(['Compute', 'TriRep']);
    expect(result.obtained.recipeDifferences.join('\n')).toMatch(
      /Norms: the plain network, its kernels scaled .* \(TriRep\)/,
    );
    const seed = tiny.seed;
    const again = await main(['compare', file, '--out', out, '--resume']);
    expect(again).toBe(0);
    expect(told).toContain(`Norms, seed ${seed}: was done already`);
  });

  test("a network that follows norms has the other's after each update", async () => {
    const followed = path('followed');
    const config = path('followed.yaml');
    const both = { ...tiny, epochs: 2, layerRecords: { norms: 1, gains: null, shapes: 'epoch' } };
    writeFileSync(config, stringify({ ...both, method }));
    expect((await runCommand('train', config, '--out', followed)).code).toBe(0);
    const plain = path('plain.yaml');
    const follows = { what: 'norms', run: followed };
    writeFileSync(plain, stringify({ ...both, method: 'plain', follows }));
    expect((await runCommand('train', plain, '--out', path('whole'))).code).toBe(0);
    const [wanted, found] = [recordsOf('followed'), recordsOf('whole')];
    expect(found.map(({ update }) => update)).toEqual(wanted.map(({ update }) => update));
    for (const [index, { norms }] of wanted.entries()) {
      // Before its first update it is as it was initialised, and is told so.
      if (index === 0) continue;
      for (const [layer, norm] of Object.entries(norms!))
        expect(found[index]!.norms![layer]! / norm).toBeCloseTo(1, 5);
    }
    expect(Object.keys(wanted.at(-1)!.ranks!)).toEqual(Object.keys(wanted.at(-1)!.norms!));
    expect(Object.keys(Object.values(wanted[0]!.similarities!)[0]!)).toContain('core/pointwise');
    expect(readFileSync(path('whole', 'config.yaml'), 'utf8')).toContain('run: ../followed');
  });

  const rows = [
    { method: 'plain', label: 'Plain' },
    { method, label: 'TriRep' },
  ];
  test.each<[string, object, RegExp]>([
    [
      'a row that is not there',
      { name: 'normMatched', of: 'TriRap' },
      /no row has that label\. Did you mean "TriRep"\?/,
    ],
    [
      'a control that is none',
      { name: 'framesOnli', of: 'TriRep' },
      /no control "framesOnli"\. Did you mean "framesOnly"\? It has normMatched, rateMatched, equalCompute, framesOnly/,
    ],
    [
      'a control that the method has not',
      { name: 'framesOnly', of: 'Plain' },
      /The method "plain" of the row "Plain" has no control "framesOnly"/,
    ],
    ['the plain network', { name: 'rateMatched', of: 'Plain' }, /is the plain network itself/],
  ])('%s is refused before anything is written', async (_, control, message) => {
    const file = path('bad.yaml');
    const out = path('bad');
    writeFileSync(file, stringify({ ...tiny, method: undefined, rows: [...rows, { control }] }));
    expect(await main(['compare', file, '--out', out])).toBe(2);
    expect(told).toMatch(message);
    expect(existsSync(out)).toBe(false);
  });

  test('a run that is not there, or not finished, or recorded nothing, cannot be followed', async () => {
    const file = path('alone.yaml');
    const follow = async (run: string) => {
      writeFileSync(file, stringify({ ...tiny, method: 'plain', follows: { what: 'rates', run } }));
      expect(await main(['train', file, '--out', path('alone')])).not.toBe(0);
    };
    await follow(path('nowhere'));
    expect(told).toMatch(/the run "nowhere", which is not there/);
    await follow(path('followed'));
    expect(told).toMatch(/which has recorded none\. Train that one again with layerRecords: \{ gains: 10 \}/);
    const only = {
      ...tiny,
      method: undefined,
      rows: [...rows, { control: { name: 'normMatched', of: 'TriRep' }, label: 'Norms' }],
    };
    writeFileSync(file, stringify(only));
    expect(await main(['train', file, '--out', path('alone'), '--set', 'label=Norms'])).toBe(2);
    expect(told).toMatch(/follows the runs of "TriRep", which a comparison makes/);
    expect(await main(['compare', file, '--out', path('alone'), '--set', 'label=Norms'])).toBe(2);
    expect(told).toMatch(/needs the runs of the row "TriRep", which --set has left out/);
  });
});
