import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { checkKills } from '../kills';
import { contentsOf, differencesOf } from '../kills/contents';

// The long form: `tsx fuzz/kills/main.ts --train 100 --compare 20 --seed 1`.
const seed = 3;
const out = mkdtempSync(join(tmpdir(), 'overparam-kills-'));
afterAll(() => rmSync(out, { recursive: true, force: true }));

test.runIf(process.platform === 'linux')(
  'killed runs and comparisons end as if undisturbed',
  {
    timeout: 600_000,
  },
  async () => {
    const series = { train: 3, compare: 1, engines: ['wasm'], seed, out };
    const verdicts = await checkKills(series, () => undefined);
    console.log(`kills drawn from seed ${seed}: ${verdicts.flatMap(({ kills }) => kills).length}`);
    expect(verdicts.filter(({ problems }) => problems.length > 0)).toEqual([]);
    expect(verdicts).toHaveLength(4);
  },
);

test('what is left over, missing or changed is seen, and clock times are not', () => {
  const write = (name: string, files: Readonly<Record<string, string>>) => {
    mkdirSync(join(out, name, 'final'), { recursive: true });
    for (const [file, text] of Object.entries(files)) writeFileSync(join(out, name, file), text);
    return contentsOf(join(out, name));
  };
  const timing = (seconds: number) => `${JSON.stringify({ epoch: 1, trainSeconds: seconds })}\n`;
  const whole = write('whole', { 'final/a': '1', b: '2', 'timings.jsonl': timing(1) });
  expect(differencesOf(whole, write('same', { 'final/a': '1', b: '2', 'timings.jsonl': timing(9) }))).toEqual(
    [],
  );
  expect(
    differencesOf(whole, write('other', { 'final/a': '0', 'final/.a.part': '1', 'timings.jsonl': '' })),
  ).toEqual(['b is missing', 'final/.a.part is left over', 'final/a differs', 'timings.jsonl differs']);
});
