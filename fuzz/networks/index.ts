import { type EngineName, useEngine } from '@overparam/engine';
import { checkCase, type Verdict } from './check';
import { keepPlainBackend } from './plain-backend';
import { checkDrawn, drawnCommand } from './series';

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

async function prepare(engine: EngineName): Promise<(seed: number) => Promise<Verdict>> {
  keepPlainBackend();
  await useEngine(engine);
  return (seed) => checkCase(seed, engine);
}

/** Checks `count` drawn networks on an engine; those that TensorFlow.js itself cannot run are no cases. */
export async function checkNetworks(
  engine: EngineName,
  count: number,
  seed: number,
  report: (verdict: Verdict) => void = () => {},
): Promise<Series> {
  const verdicts = await checkDrawn(count, seed, await prepare(engine), report);
  return { verdicts, wrong: verdicts.filter(({ outcome }) => outcome === 'wrong') };
}

/** How many were refused for which reason. */
function reasons(verdicts: readonly Verdict[]): string {
  const codes = new Map<string, number>();
  for (const { outcome, code } of verdicts)
    if (outcome === 'refused') codes.set(code!, (codes.get(code!) ?? 0) + 1);
  return ` (${[...codes].map(([code, count]) => `${count} ${code}`).join(', ') || 'none'})`;
}

/** Runs the command. @returns the exit code */
export function networks(given: readonly string[]): Promise<number> {
  return drawnCommand(
    {
      usage,
      option: ['engine', 'wasm'],
      count: 500,
      prepare: (engine) => prepare(engine as EngineName),
      summary: reasons,
    },
    given,
  );
}
