import { parseArgs } from 'node:util';
import { type EngineName, useEngine } from '@overparam/engine';
import type { Mode } from './check';
import { families } from './families';
import { type Failure, type LayerReport, runLayers } from './run';

/** The engines of this command: the native one op by op, and in compiled steps. */
export const engines: Readonly<Record<string, { readonly engine: EngineName; readonly mode: Mode }>> = {
  cpu: { engine: 'cpu', mode: 'eager' },
  wasm: { engine: 'wasm', mode: 'eager' },
  tensorflow: { engine: 'tensorflow', mode: 'eager' },
  'tensorflow-compiled': { engine: 'tensorflow', mode: 'compiled' },
};

const usage = `Usage: npm run fuzz -- layers [options]

Random single layers and their gradients on one engine, compared with plain sums in doubles and their central differences.

  --engine NAME  ${Object.keys(engines).join(', ')} (default wasm)
  --count N      layers (default 20000); of three, one has its gradients compared too
  --seed N       a run's cases follow from it; printed, and drawn where left out
  --from N       number of the first case (default 0), to go on with a run
  --only N       the case of this number alone
  --family TEXT  kinds of layers with this in their names; numbers then count these alone`;

interface Given {
  readonly engine: string;
  readonly seed: number;
  readonly from: number;
  readonly to: number;
  readonly family: string;
}

const whole = (name: string, text: string): number => {
  if (!/^\d+$/.test(text)) throw new Error(`--${name} takes a whole number, not '${text}'.`);
  return Number(text);
};

/** What is asked for; null for help. */
function read(args: readonly string[]): Given | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      engine: { type: 'string', default: 'wasm' },
      count: { type: 'string', default: '20000' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
      from: { type: 'string', default: '0' },
      only: { type: 'string' },
      family: { type: 'string', default: '' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  if (engines[values.engine] === undefined) {
    throw new Error(
      `There is no engine '${values.engine}'; expected one of ${Object.keys(engines).join(', ')}.`,
    );
  }
  const from = whole('from', values.only ?? values.from);
  const count = values.only === undefined ? whole('count', values.count) : 1;
  return {
    engine: values.engine,
    seed: whole('seed', values.seed),
    from,
    to: from + count,
    family: values.family,
  };
}

function show(failure: Failure, { engine, seed, family }: Given): void {
  const again = `npm run fuzz -- layers --engine ${engine} --seed ${seed}${family && ` --family '${family}'`} --only ${failure.index}`;
  console.log(`\nWRONG ${failure.family}, case ${failure.index}: ${failure.message}`);
  console.log(`  of ${JSON.stringify(failure.parameters)}`);
  console.log(
    `  smallest: ${JSON.stringify(failure.smallest.parameters)}\n            ${failure.smallest.message}`,
  );
  console.log(`  again: ${again}`);
}

function summary({ cases, gradients, failures, refusals }: LayerReport, { engine, seed }: Given): string {
  const counted = [...refusals].map(([what, count]) => `  refused ${count} times: ${what}`);
  const refused = [...refusals.values()].reduce((sum, count) => sum + count, 0);
  const total = `${cases} layers and ${gradients} gradients on ${engine}, seed ${seed}: ${failures.length} wrong, ${refused} refused`;
  return [total, ...counted].join('\n');
}

/** `fuzz layers`. @returns the exit code: 1 where anything is wrong, 2 for arguments that are */
export async function layers(args: readonly string[]): Promise<number> {
  let given: Given;
  try {
    const asked = read(args);
    if (asked === null) {
      console.log(usage);
      return 0;
    }
    given = asked;
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    return 2;
  }
  const { engine, mode } = engines[given.engine]!;
  console.log(`Layers ${given.from} to ${given.to - 1} on ${given.engine}, seed ${given.seed}`);
  await useEngine(engine);
  const chosen = families.filter(({ name }) => name.includes(given.family));
  const started = Date.now();
  const report = runLayers({ families: chosen, mode, ...given }, (done, failure) => {
    if (failure) show(failure, given);
    if (done % 1000 === 0) {
      const seconds = ((Date.now() - started) / 1000).toFixed(0);
      console.log(
        `${done} done in ${seconds} s; to go on from here: --seed ${given.seed} --from ${given.from + done}`,
      );
    }
  });
  console.log(`\n${summary(report, given)}`);
  return report.failures.length > 0 ? 1 : 0;
}
