import { type ParseArgsConfig, parseArgs } from 'node:util';

/** What became of a drawn case. */
export interface DrawnVerdict {
  readonly seed: number;
  readonly outcome: 'right' | 'refused' | 'wrong' | 'skipped';
  readonly words: string;
  readonly gap: number;
}

/** Checks `count` cases of a seed: case i is drawn from seed * 100000 + i. Those that are skipped are no cases. */
export async function checkDrawn<Verdict extends DrawnVerdict>(
  count: number,
  seed: number,
  check: (seed: number) => Promise<Verdict>,
  report: (verdict: Verdict) => void = () => {},
): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for (let index = 0; verdicts.length < count; index++) {
    const verdict = await check(seed * 100_000 + index);
    report(verdict);
    if (verdict.outcome !== 'skipped') verdicts.push(verdict);
  }
  return verdicts;
}

/** A command that checks drawn cases. */
export interface DrawnCommand<Verdict extends DrawnVerdict> {
  readonly usage: string;
  /** Its one option beside those of all, and what it is where left out. */
  readonly option: readonly [name: string, standard: string];
  /** How many cases where it is not said. */
  readonly count: number;
  /** Gets ready for an option's value. @returns the check of a case */
  prepare(value: string): Promise<(seed: number) => Promise<Verdict>>;
  /** Lets go what {@link prepare} took. */
  finish?(): void;
  /** What is said of a series, behind how many were right, wrong and refused. */
  summary?(verdicts: readonly Verdict[]): string;
}

/** Runs such a command: --count, --seed, --only and --verbose are options of all. @returns the exit code */
export async function drawnCommand<Verdict extends DrawnVerdict>(
  command: DrawnCommand<Verdict>,
  given: readonly string[],
): Promise<number> {
  const [option, standard] = command.option;
  const options = {
    [option]: { type: 'string', default: standard },
    count: { type: 'string', default: `${command.count}` },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    verbose: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  } satisfies ParseArgsConfig['options'];
  const values = parseArgs({ args: [...given], options }).values as Record<string, string | boolean>;
  if (values.help) {
    console.log(command.usage);
    return 0;
  }
  const value = values[option] as string;
  const check = await command.prepare(value);
  try {
    if (values.only) {
      const verdict = await check(Number(values.only));
      console.log(JSON.stringify(verdict, null, 2));
      return verdict.outcome === 'wrong' ? 1 : 0;
    }
    const began = performance.now();
    const verdicts = await checkDrawn(Number(values.count), Number(values.seed), check, (verdict) => {
      const { outcome, seed, gap, words } = verdict;
      const line = `${seed} (gap ${gap.toExponential(1)}): ${words}`;
      if (outcome === 'wrong') console.log(`WRONG ${line}`);
      else if (values.verbose) console.log(`${outcome} ${line}`);
    });
    const of = (outcome: DrawnVerdict['outcome']) =>
      verdicts.filter((verdict) => verdict.outcome === outcome);
    const largest = Math.max(0, ...of('right').map(({ gap }) => gap));
    console.log(
      `${option} ${value}, seed ${values.seed}: ${verdicts.length} networks, ${of('right').length} right, ${of('wrong').length} wrong, ` +
        `${of('refused').length} refused${command.summary?.(verdicts) ?? ''}, largest gap ${largest.toExponential(1)}, ` +
        `${((performance.now() - began) / 1000).toFixed(0)} s`,
    );
    return of('wrong').length === 0 ? 0 : 1;
  } finally {
    command.finish?.();
  }
}
