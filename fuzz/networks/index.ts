import { parseArgs } from 'node:util';
import { type EngineName, useEngine } from '@overparam/engine';
import { checkCase, type Verdict } from './check';
import { keepPlainBackend } from './plain-backend';

const usage = `Usage: networks [--engine cpu|wasm|tensorflow] [--count 500] [--seed 1] [--only SEED] [--verbose]

Draws networks, expands each, trains three steps, collapses it, and compares all of it with what TensorFlow.js makes of
them on its plain backend. Case i of seed s is drawn from s * 100000 + i; --only repeats one case. Networks that
TensorFlow.js itself cannot run are not counted.`;

/** What a series of cases came to. */
export interface Series {
  readonly verdicts: readonly Verdict[];
  /** Cases that were not refused, and computed something else than they should. */
  readonly wrong: readonly Verdict[];
}

/** Checks `count` drawn networks on an engine; those that TensorFlow.js itself cannot run are no cases. */
export async function checkNetworks(
  engine: EngineName,
  count: number,
  seed: number,
  report: (verdict: Verdict) => void = () => {},
): Promise<Series> {
  keepPlainBackend();
  await useEngine(engine);
  const verdicts: Verdict[] = [];
  for (let index = 0; verdicts.length < count; index++) {
    const verdict = await checkCase(seed * 100_000 + index, engine);
    report(verdict);
    if (verdict.outcome !== 'skipped') verdicts.push(verdict);
  }
  return { verdicts, wrong: verdicts.filter(({ outcome }) => outcome === 'wrong') };
}

/** Runs the command. @returns the exit code */
export async function networks(given: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...given],
    options: {
      engine: { type: 'string', default: 'wasm' },
      count: { type: 'string', default: '500' },
      seed: { type: 'string', default: '1' },
      only: { type: 'string' },
      verbose: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const engine = values.engine as EngineName;
  const show = (verdict: Verdict) => {
    if (verdict.outcome === 'wrong') console.log(`WRONG ${verdict.seed}: ${verdict.words}`);
    else if (values.verbose) console.log(`${verdict.outcome} ${verdict.seed}: ${verdict.words}`);
  };
  if (values.only) {
    keepPlainBackend();
    await useEngine(engine);
    const verdict = await checkCase(Number(values.only), engine);
    console.log(JSON.stringify(verdict, null, 2));
    return verdict.outcome === 'wrong' ? 1 : 0;
  }
  const began = performance.now();
  const { verdicts, wrong } = await checkNetworks(engine, Number(values.count), Number(values.seed), show);
  const refused = verdicts.filter(({ outcome }) => outcome === 'refused');
  const codes = new Map<string, number>();
  for (const { code } of refused) codes.set(code!, (codes.get(code!) ?? 0) + 1);
  const gaps = verdicts.filter(({ outcome }) => outcome === 'right').map(({ gap }) => gap);
  const list = [...codes].map(([code, count]) => `${count} ${code}`).join(', ') || 'none';
  console.log(
    `engine ${engine}, seed ${values.seed}: ${verdicts.length} networks, ${wrong.length} wrong, ${refused.length} refused (${list}), ` +
      `largest gap ${Math.max(0, ...gaps).toExponential(1)}, ${((performance.now() - began) / 1000).toFixed(0)} s`,
  );
  return wrong.length === 0 ? 0 : 1;
}
