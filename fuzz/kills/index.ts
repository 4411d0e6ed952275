import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Case, type Course, configs, drawCase } from './generate';
import { Stage } from './run';

const usage = `Usage: kills [--train 100] [--compare 20] [--engines wasm,tensorflow] [--seed 1] [--out runs/kills] [--only NUMBER]

Kills runs and comparisons at drawn moments and at events of their files, goes on with each, and compares every byte that
is no clock time with what an undisturbed one wrote. Case i of seed s is drawn from s * 100000 + i. What is done stands in
OUT/kills-SEED.jsonl: the same command goes on where it stopped.`;

/** What a case came to. */
export interface Verdict extends Case {
  readonly number: number;
  /** Empty where all is as if undisturbed. */
  readonly problems: readonly string[];
}

/** Which cases are run. */
export interface Series {
  readonly train: number;
  readonly compare: number;
  readonly engines: readonly string[];
  readonly seed: number;
  /** Folder of runs and verdicts. */
  readonly out: string;
  /** One case alone. */
  readonly only?: number;
}

/** Runs those cases of a series that are not done. */
export async function checkKills(series: Series, tell: (verdict: Verdict) => void): Promise<Verdict[]> {
  const { train, compare, engines, seed, out, only } = series;
  mkdirSync(out, { recursive: true });
  const file = join(out, `kills-${seed}.jsonl`);
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
  const done = new Map(lines.map((line) => [JSON.parse(line).number as number, JSON.parse(line) as Verdict]));
  const stage = new Stage(join(out, 'runs'));
  const verdicts: Verdict[] = [];
  for (let number = 0; number < train + compare; number++) {
    if (only !== undefined && number !== only) continue;
    const before = done.get(number);
    if (before) {
      verdicts.push(before);
      continue;
    }
    const command = number < train ? 'train' : 'compare';
    const courses = new Map<string, Course>();
    for (const engine of engines) {
      for (const config of command === 'train' ? configs.keys() : [0]) {
        courses.set(`${engine}/${config}`, await stage.course(command, engine, config));
      }
    }
    const drawn = drawCase(seed * 100_000 + number, command, engines, (engine, config) => courses.get(`${engine}/${config}`)!); // biome-ignore format: one expression
    const verdict = { number, ...drawn, problems: await stage.check(drawn) };
    appendFileSync(file, `${JSON.stringify(verdict)}\n`);
    verdicts.push(verdict);
    tell(verdict);
  }
  return verdicts;
}

/** The command; see its usage. @returns the exit code */
export async function kills(rawArguments: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...rawArguments],
    options: {
      train: { type: 'string', default: '100' },
      compare: { type: 'string', default: '20' },
      engines: { type: 'string', default: 'wasm,tensorflow' },
      seed: { type: 'string', default: '1' },
      out: { type: 'string', default: 'runs/kills' },
      only: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const seed = Number(values.seed);
  console.log(`seed ${seed}`);
  const verdicts = await checkKills(
    {
      train: Number(values.train),
      compare: Number(values.compare),
      engines: values.engines.split(','),
      seed,
      out: values.out,
      ...(values.only !== undefined && { only: Number(values.only) }),
    },
    ({ number, command, engine, kills: moments, problems }) => {
      const at = moments.map((one) => `${JSON.stringify(one.at)} ${one.whom}`).join(', ');
      console.log(`${number} ${command} ${engine} ${at}: ${problems.join('; ') || 'as if undisturbed'}`);
    },
  );
  const wrong = verdicts.filter(({ problems }) => problems.length > 0);
  const killed = verdicts.reduce((sum, one) => sum + one.kills.length, 0);
  console.log(
    `${verdicts.length} cases, ${killed} kills, ${wrong.length} wrong${wrong.map(({ number }) => ` ${number}`).join()}`,
  );
  return wrong.length === 0 ? 0 : 1;
}
