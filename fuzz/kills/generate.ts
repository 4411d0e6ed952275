import { Random } from '../networks/random';

/** When a process is killed. */
export type Moment = { readonly after: number } | { readonly event: number };

/** A run or a comparison that is killed some times and then left to end. */
export interface Case {
  readonly command: 'train' | 'compare';
  readonly engine: string;
  /** Index of its config. */
  readonly config: number;
  readonly kills: readonly { readonly at: Moment; readonly whom: 'one' | 'all' }[];
}

/** What is trained: a run of a second or two after its start. */
export const configs: readonly object[] = [
  { method: 'plain', routine: 'joint' },
  { method: 'trirep', routine: 'progressive', checkpoints: { keep: 2 } },
  { method: 'repvgg', routine: 'alternating', optimiser: 'adam', lr: 0.003 },
].map((parts) => ({
  lr: 0.05,
  ...parts,
  backbone: { name: 'resnet', depth: 8, width: 2 },
  dataset: 'cifar100-sample',
  limit: { train: 32, test: 10 },
  epochs: 4,
  batch: 8,
}));

/** Rows of every comparison. */
export const comparison: object = {
  rows: [
    { label: 'Baseline', method: 'plain' },
    { label: 'RepVGG', method: 'repvgg' },
  ],
  seeds: [0, 1],
};

/** How long an undisturbed one takes, and how many events of its files there are. */
export interface Course {
  readonly milliseconds: number;
  readonly events: number;
}

/** Draws a case; everything follows from the seed, but for what the clock decides. */
export function drawCase(
  seed: number,
  command: Case['command'],
  engines: readonly string[],
  courseOf: (engine: string, config: number) => Course,
): Case {
  const random = new Random(seed);
  const engine = random.pick(engines);
  const config = command === 'train' ? random.integer(0, configs.length - 1) : 0;
  const { milliseconds, events } = courseOf(engine, config);
  const kills = Array.from({ length: random.integer(1, 3) }, () => ({
    at: random.chance(0.3)
      ? { after: Math.round(random.between(0.05, 1) * milliseconds) }
      : { event: random.integer(1, events) },
    whom: random.pick(['one', 'all'] as const),
  }));
  return { command, engine, config, kills };
}
