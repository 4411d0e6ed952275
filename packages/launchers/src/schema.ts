import { z } from 'zod';

const word = z.string().regex(/^[^\s,;|&$`'"\\]+$/, 'expected one word without quotes');

const waited = {
  timeoutMin: z.int().min(1).optional().describe('Minutes that a task may take at a time; 60 where absent.'),
  cpusPerTask: z.int().min(1).optional().describe('Cores of a task; as the scheduler has it where absent.'),
  memGb: z.number().positive().optional().describe('Gigabytes of memory of a task.'),
  gpusPerNode: z.int().min(1).optional().describe('Graphics processors of a task.'),
  arrayParallelism: z.int().min(1).optional().describe('Tasks at a time at most; 256 where absent.'),
  retries: z
    .int()
    .min(0)
    .optional()
    .describe('How often a run that failed is started again; 0 where absent.'),
  waitForCompletion: z
    .boolean()
    .optional()
    .describe('Whether the comparison waits for its runs, as where absent, or submits them and ends.'),
  pollSeconds: z
    .number()
    .min(0.05)
    .max(3600)
    .optional()
    .describe('Seconds between two looks at the runs; 5 where absent.'),
};

const slurm = z.strictObject({
  name: z.literal('slurm').describe('Every run is a task of a Slurm job array.'),
  ...waited,
  partition: word.optional().describe('Where tasks run; the default partition of the cluster where absent.'),
  account: word.optional().describe('Whom the time is charged to.'),
  qos: word.optional().describe('Quality of service.'),
  constraint: z
    .string()
    .regex(/^[^\s'"]+$/)
    .optional()
    .describe('Features that nodes must have.'),
  exclude: z
    .string()
    .regex(/^[^\s'"]+$/)
    .optional()
    .describe('Nodes that are not to be used.'),
  signalDelayS: z
    .int()
    .min(1)
    .max(65535)
    .optional()
    .describe('Seconds before the end of its time at which a task saves its state; 120 where absent.'),
  maxNumTimeout: z
    .int()
    .min(0)
    .optional()
    .describe(
      'How often a run whose time is up is queued again; 0 where absent. Preempted ones are without limit.',
    ),
  setup: z
    .array(z.string())
    .optional()
    .describe('Lines of shell that a task begins with, such as `module load`.'),
  additionalParameters: z
    .record(
      z.string().regex(/^[a-z][a-z-]*$/, 'expected the name of an option of sbatch, without dashes'),
      z.union([z.string(), z.number(), z.literal(true)]),
    )
    .optional()
    .describe('Further options of sbatch by their long names; `true` for those without a value.'),
});

const kubernetes = z.strictObject({
  name: z.literal('kubernetes').describe('Every run is an index of a Kubernetes Indexed Job.'),
  ...waited,
  image: z.string().min(1).describe('Image with Node and this program.'),
  command: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe("How the image starts this program's command line; `npx @overparam/runner` where absent."),
  volumeClaim: z.string().min(1).describe('Persistent volume claim of the file system that all pods share.'),
  mountPath: z
    .string()
    .startsWith('/')
    .describe('Where it is mounted, here as in the pods: the comparison and the data lie below it.'),
  namespace: z.string().min(1).optional().describe('Namespace of the job.'),
});

/** Form of the block `launcher` of a config. */
export const launcherSchema = z.union([
  z.enum(['local', 'slurm']),
  z.discriminatedUnion('name', [
    z.strictObject({ name: z.literal('local').describe('Every run is a process of this machine.') }),
    slurm,
    kubernetes,
  ]),
]);

/** The block `launcher` as it is written. */
export type LauncherConfig = z.input<typeof launcherSchema>;

/** Names of launchers. */
export const launcherNames: readonly LauncherName[] = ['local', 'slurm', 'kubernetes'];

/** Name of a launcher. */
export type LauncherName = 'local' | 'slurm' | 'kubernetes';

/** What launchers that hand runs to a scheduler have in common, with defaults in place. */
export interface Scheduling {
  readonly timeoutMin: number;
  readonly cpusPerTask?: number;
  readonly memGb?: number;
  readonly gpusPerNode?: number;
  readonly arrayParallelism: number;
  readonly retries: number;
  readonly waitForCompletion: boolean;
  readonly pollSeconds: number;
}

/** Slurm's options with defaults in place; names and defaults are those of Hydra's submitit launcher. */
export interface SlurmOptions extends Scheduling {
  readonly name: 'slurm';
  readonly partition?: string;
  readonly account?: string;
  readonly qos?: string;
  readonly constraint?: string;
  readonly exclude?: string;
  readonly signalDelayS: number;
  readonly maxNumTimeout: number;
  readonly setup: readonly string[];
  readonly additionalParameters: Readonly<Record<string, string | number | true>>;
}

/** Options of Kubernetes with defaults in place. */
export interface KubernetesOptions extends Scheduling {
  readonly name: 'kubernetes';
  readonly image: string;
  readonly command: readonly string[];
  readonly volumeClaim: string;
  readonly mountPath: string;
  readonly namespace?: string;
}

/** A launcher with its options, defaults in place. */
export type LauncherChoice = { readonly name: 'local' } | SlurmOptions | KubernetesOptions;

const common = {
  timeoutMin: 60,
  arrayParallelism: 256,
  retries: 0,
  waitForCompletion: true,
  pollSeconds: 5,
} as const;

/** Fills in the defaults. */
export function completeLauncher(given: LauncherConfig): LauncherChoice {
  if (given === 'local' || given === 'slurm') return completeLauncher({ name: given });
  if (given.name === 'local') return given;
  if (given.name === 'kubernetes') return { ...common, command: ['npx', '@overparam/runner'], ...given };
  return { ...common, signalDelayS: 120, maxNumTimeout: 0, setup: [], additionalParameters: {}, ...given };
}
