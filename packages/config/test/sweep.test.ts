import { describe, expect, test } from 'vitest';
import {
  arrange,
  type ConfigFile,
  loadConfig,
  mergeLayers,
  parseOverride,
  parseSweep,
  resolveComparison,
} from '../src';
import { tiny } from './support';

const rows = [{ method: 'plain' }, { method: { name: 'fnl', rankScale: 2 } }];
const comparison: ConfigFile = { ...tiny, method: undefined, rows, seeds: [0, 1] };

async function resolve(config: ConfigFile, sweeps: readonly string[] = [], sets: readonly string[] = []) {
  const overrides = [...sets.map(parseOverride), ...sweeps.map(parseSweep)];
  return resolveComparison(await loadConfig(config), { overrides });
}

describe('the sweep of a comparison', () => {
  test('on the command line lists values, of any key, as YAML', () => {
    expect(parseSweep('lr=0.03,0.1')).toEqual({ path: ['sweep', 'over', 'lr'], value: [0.03, 0.1] });
    expect(parseSweep('routine=joint,cyclic').value).toEqual(['joint', 'cyclic']);
    expect(parseSweep('method.rankScale = 1, 2')).toMatchObject({
      path: ['sweep', 'over', 'method.rankScale'],
      value: [1, 2],
    });
    expect(parseSweep('lr={ from: 0.01, to: 1 }').value).toEqual({ from: 0.01, to: 1 });
    expect(parseSweep('select=[a, b],[c]').value).toEqual([['a', 'b'], ['c']]);
    for (const text of ['lr', '=1,2', 'lr.=1,2']) expect(() => parseSweep(text)).toThrow(/--sweep expected/);
  });

  test('a variant changes it, --set changes both, and null takes it away', () => {
    const config: ConfigFile = {
      ...comparison,
      sweep: { over: { lr: [0.1, 0.3] }, epochs: 8 },
      variants: { small: { sweep: { epochs: 2 } }, none: { sweep: null } },
    };
    const loaded = { config, name: 'config.yaml', folder: '.' };
    const sweepOf = (variant?: string, ...sets: string[]) =>
      arrange(loaded, { overrides: sets.map(parseOverride), ...(variant && { variant }) }).sweep;
    expect(sweepOf()).toEqual({ over: { lr: [0.1, 0.3] }, epochs: 8 });
    expect(sweepOf('small')).toEqual({ over: { lr: [0.1, 0.3] }, epochs: 2 });
    expect(sweepOf('none')).toBeNull();
    expect(sweepOf(undefined, 'sweep=null')).toBeNull();
    expect(sweepOf('small', 'sweep.strategy=halving')).toMatchObject({ epochs: 2, strategy: 'halving' });
    expect(() => sweepOf('none', 'sweep.epochs=2')).toThrow(/sweep: sweep\.over/);
  });

  test('is no part of what a run trains, and a config without one has none', async () => {
    const { sweep, rows: done } = await resolve(comparison);
    expect(sweep).toBeNull();
    const swept = await resolve(comparison, ['lr=0.1,0.3']);
    expect(swept.rows).toEqual(done);
    expect(swept.sweep!.sweep).toMatchObject({ seeds: [2], validation: { share: 0.1, seed: 0 } });
  });

  test('a row with a setting keeps all else', async () => {
    const { sweep, rows: done } = await resolve(comparison, ['lr=0.1,0.3', 'method.rankScale=1,4']);
    const changed = await sweep!.rowWith(1, { lr: 0.3, 'method.rankScale': 4 });
    expect(changed).toEqual({
      ...done[1],
      lr: { ...done[1]!.lr, peak: 0.3 },
      method: { ...done[1]!.method, rankScale: 4 },
    });
  });

  test('a key that only some rows have is tried on these, which is told', async () => {
    const { sweep } = await resolve(comparison, ['lr=0.1,0.3', 'method.rankScale=1,4']);
    expect(sweep!.rows.map((over) => Object.keys(over))).toEqual([['lr'], ['lr', 'method.rankScale']]);
    expect(sweep!.notes).toEqual([
      'The sweep over method.rankScale leaves out what has no such key: plain/joint.',
    ]);
    // An option that is there, with a value that it cannot have, is no missing option.
    await expect(resolve(comparison, ['method.rankScale=1,-4'])).rejects.toThrow(
      /for fnl\/joint: .*rankScale/,
    );
  });

  test('a choice by the mean of all epochs, the first ones too, is told', async () => {
    const config = { ...comparison, epochs: 11, evaluation: 'meanOfLast' } as const;
    expect((await resolve(config, ['lr=0.1,0.3'])).sweep!.notes).toEqual([]);
    const short = await resolve(config, ['lr=0.1,0.3'], ['sweep.epochs=10']);
    expect(short.sweep!.notes).toHaveLength(1);
    expect(short.sweep!.notes[0]).toMatch(/10 or fewer: plain\/joint, fnl\/joint\. Choose for longer/);
    expect((await resolve({ ...config, epochs: 2 }, ['lr=0.1,0.3'])).sweep!.notes).toHaveLength(1);
    expect(
      (await resolve({ ...config, evaluation: 'last' }, ['lr=0.1,0.3'], ['sweep.epochs=2'])).sweep!.notes,
    ).toEqual([]);
  });

  test('references are swept with the keys that they have', async () => {
    const { sweep } = await resolve({ ...comparison, references: {} }, [
      'lr=0.1,0.3',
      'method.rankScale=1,4',
    ]);
    expect(Object.keys(sweep!.reference)).toEqual(['lr']);
    expect(await sweep!.rowWith('reference', { lr: 0.3 })).toMatchObject({
      method: { name: 'plain' },
      lr: { peak: 0.3 },
    });
    expect(sweep!.notes[0]).toContain('plain/joint, single tasks');
  });
});

describe('the validation share of a run', () => {
  test('merges key by key, though a share alone is a length elsewhere', () => {
    const under = { validation: { share: 0.2, seed: 4 } };
    expect(mergeLayers([under, { validation: { share: 0.3 } }]).validation).toEqual({ share: 0.3, seed: 4 });
    expect(mergeLayers([under, { validation: null }]).validation).toBeNull();
    const warm = { lr: { warmup: { epochs: 2 } } } as ConfigFile;
    expect(mergeLayers([warm, { lr: { warmup: { share: 0.1 } } } as ConfigFile]).lr).toEqual({
      warmup: { share: 0.1 },
    });
  });

  test('has defaults, and must leave images on both sides', async () => {
    const { rows: done } = await resolve({ ...comparison, validation: {} });
    expect(done[0]!.validation).toEqual({ share: 0.1, seed: 0 });
    for (const share of [0, 1, 2]) {
      await expect(resolve({ ...comparison, validation: { share } })).rejects.toThrow(/validation\.share/);
    }
  });
});
