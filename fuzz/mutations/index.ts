import { appendFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { Verdict } from './check';
import { inputOf } from './check';
import { checkSeries } from './series';
import type { Target } from './target';

const usage = (
  command: string,
) => `Usage: ${command} [--count 4000] [--seed 1] [--target NAME,...] [--progress FILE] [--only SEED]

Changes sound inputs at random and reads them. Case i of seed s is drawn from s * 1000000 + i; --only repeats one case and
writes its input to standard output. With --progress, a series that was interrupted goes on where it stopped.`;

/** Runs the command over targets. @returns the exit code */
export async function mutations(
  command: string,
  targets: readonly Target[],
  given: readonly string[],
): Promise<number> {
  const { values } = parseArgs({
    args: [...given],
    options: {
      count: { type: 'string', default: '4000' },
      seed: { type: 'string', default: '1' },
      target: { type: 'string' },
      progress: { type: 'string' },
      only: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(usage(command));
    return 0;
  }
  const names = values.target?.split(',');
  const chosen = targets.filter(({ name }) => names?.includes(name) ?? true);
  if (chosen.length === 0)
    throw new Error(`no such target; there are ${targets.map(({ name }) => name).join(', ')}`);
  for (const target of chosen) await target.prepare?.();
  if (values.only) {
    const [target] = chosen;
    process.stdout.write(await inputOf(target!, Number(values.only)));
    return 0;
  }
  const [count, seed] = [Number(values.count), Number(values.seed)];
  let wrong = 0;
  for (const { name } of chosen) {
    const done = values.progress ? await doneBefore(values.progress, name, seed) : [];
    const began = performance.now();
    const verdicts = [...done];
    await checkSeries(name, seed, done.length, count, (verdict) => {
      verdicts.push(verdict);
      if (verdict.outcome === 'wrong') console.log(`WRONG ${name} ${verdict.seed}: ${verdict.words}`);
      if (values.progress)
        appendFileSync(values.progress, `${JSON.stringify({ name, series: seed, ...verdict })}\n`);
    });
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    console.log(`${name}, seed ${seed}: ${summary(verdicts)}, ${seconds} s`);
    wrong += verdicts.filter(({ outcome }) => outcome === 'wrong').length;
  }
  return wrong === 0 ? 0 : 1;
}

async function doneBefore(file: string, name: string, seed: number): Promise<Verdict[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const lines = text.split('\n').filter((line) => line !== '');
  return lines
    .map((line) => JSON.parse(line) as Verdict & { readonly name: string; readonly series: number })
    .filter((verdict) => verdict.name === name && verdict.series === seed);
}

/** How many of which outcome, and the most that one took. */
export function summary(verdicts: readonly Verdict[]): string {
  const count = (kind: Verdict['outcome']) => verdicts.filter(({ outcome }) => outcome === kind).length;
  const most = (key: 'milliseconds' | 'bytes') => Math.max(0, ...verdicts.map((verdict) => verdict[key]));
  return (
    `${verdicts.length} changed inputs, ${count('wrong')} wrong, ${count('refused')} refused, ` +
    `${count('same')} the same, ${count('other')} another valid one, at most ${most('milliseconds').toFixed(0)} ms ` +
    `and ${(most('bytes') / 2 ** 20).toFixed(0)} MB`
  );
}
