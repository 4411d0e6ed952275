import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { contentsOf, differencesOf } from '../kills/contents';
import { comparison, configs } from '../kills/generate';
import { descendants, kill, start } from '../kills/process';
import { Random } from '../networks/random';
import { type Cluster, fakeCluster, realCluster } from './cluster';

const usage = `Usage: launchers [--kills 20] [--config FILE] [--variant NAME] [--set KEY=VALUE ...] [--seed 1] [--cluster slurm|fake] [--out runs/launchers]

Trains a comparison in processes of this machine, then as tasks of Slurm, of which tasks are preempted, requeued and killed,
as are the launcher and the daemons of nodes, at drawn moments; compares every byte that is no clock time. The cluster
\`slurm\` has three nodes on this host and needs Debian's packages slurmctld, slurmd, slurm-client and munge, and root.`;

/** What is trained and disturbed. */
export interface LauncherCase {
  /** The config of a comparison. */
  readonly config: string;
  /** Arguments beside it, such as `--engine`. */
  readonly given: readonly string[];
  readonly kills: number;
  readonly seed: number;
  /** Folder for both comparisons. */
  readonly out: string;
}

/** What came of it. */
export interface LauncherVerdict {
  /** What was done, in its order. */
  readonly blows: readonly string[];
  /** Empty where all is as one machine makes it. */
  readonly problems: readonly string[];
}

/** Files of a comparison without what says where it was computed. */
function figuresOf(folder: string): Map<string, string> {
  const whose = /^(?:launched\/|report\.html)/;
  const found = new Map([...contentsOf(folder)].filter(([name]) => !whose.test(name)));
  const placeless = (key: string, value: unknown) =>
    ['cores', 'runsAtOnce', 'scheduler'].includes(key) ? null : value;
  const table = JSON.parse(found.get('compare.json') ?? 'null') as { obtained?: object } | null;
  if (table?.obtained) {
    const obtained = { scheduler: null, ...table.obtained };
    found.set('compare.json', JSON.stringify({ ...table, obtained }, placeless));
  }
  return found;
}

/** Milliseconds between two blows: a run's start takes some seconds. */
const pauses = { least: 1500, most: 9000 };

/** Runs a case on a cluster. @param tell  of each blow */
export async function checkLaunchers(
  { config, given, kills, seed, out }: LauncherCase,
  cluster: Cluster,
  tell: (text: string) => void = () => undefined,
): Promise<LauncherVerdict> {
  const words = (name: string, ...more: string[]) => [
    'compare',
    config,
    '--out',
    join(out, name, 'out'),
    '--resume',
    ...given,
    ...more,
  ];
  for (const name of ['local', 'slurm']) rmSync(join(out, name), { recursive: true, force: true });
  const whole = await start(words('local', '--launcher', 'local')).ended;
  if (whole.code !== 0) throw new Error(`On this machine it ends with ${whole.code}: ${whole.stderr}`);
  const expected = figuresOf(join(out, 'local', 'out'));
  const random = new Random(seed);
  const launch = words(
    'slurm',
    '--launcher',
    'slurm',
    '--set',
    // Whoever kills a task by hand makes it fail.
    `launcher={ name: slurm, pollSeconds: 0.5, timeoutMin: 60, retries: ${kills + 1} }`,
  );
  const blows: string[] = [];
  let running = start(launch);
  let over = false;
  const watch = (one: typeof running) => void one.ended.then(() => (over = one === running));
  watch(running);
  while (blows.length < kills && !over) {
    await sleep(random.between(pauses.least, pauses.most));
    if (over) break;
    const blow = random.pick(['launcher', ...cluster.blows] as const);
    if (blow === 'launcher') {
      const killed = running;
      kill([killed.pid, ...descendants(killed.pid)]);
      await killed.ended;
      running = start(launch);
      over = false;
      watch(running);
    } else if (!(await cluster.strike(blow, random.between(0, 1)))) continue;
    blows.push(blow);
    tell(blow);
  }
  for (let starts = 1; ; starts++) {
    const { code, stderr } = await running.ended;
    if (code === 0) break;
    if (starts === 3)
      return { blows, problems: [`it does not end: exit code ${code}: ${stderr.slice(-800)}`] };
    running = start(launch);
  }
  return { blows, problems: differencesOf(expected, figuresOf(join(out, 'slurm', 'out'))) };
}

/** The command; see its usage. @returns the exit code */
export async function launchers(rawArguments: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...rawArguments],
    options: {
      kills: { type: 'string', default: '20' },
      config: { type: 'string' },
      variant: { type: 'string' },
      set: { type: 'string', multiple: true, default: [] },
      seed: { type: 'string', default: '1' },
      cluster: { type: 'string', default: 'slurm' },
      out: { type: 'string', default: 'runs/launchers' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const out = resolve(values.out);
  mkdirSync(out, { recursive: true });
  const cluster = await (values.cluster === 'fake' ? fakeCluster : realCluster)(join(out, 'cluster'));
  try {
    const { blows, problems } = await checkLaunchers(
      {
        config: values.config ?? smallComparison(out),
        given: [
          ...values.set.flatMap((each) => ['--set', each]),
          ...(values.variant === undefined ? [] : ['--variant', values.variant]),
        ],
        kills: Number(values.kills),
        seed: Number(values.seed),
        out,
      },
      cluster,
      (text) => console.log(text),
    );
    console.log(`${blows.length} blows: ${problems.join('; ') || 'as on one machine'}`);
    return problems.length === 0 ? 0 : 1;
  } finally {
    await cluster.end();
  }
}

/** Writes the config of a comparison of seconds a run. */
export function smallComparison(out: string, changes: object = {}): string {
  const file = join(out, 'small.yaml');
  const engine = { name: 'wasm', threads: 1 };
  writeFileSync(file, JSON.stringify({ ...configs[0], engine, ...comparison, ...changes }));
  return file;
}
