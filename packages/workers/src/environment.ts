import { type Cluster, hostAndPort } from '@overparam/engine-tensorflow';
import { OverparamError } from '@overparam/errors';

/** Variables of a process, as Node has them. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** The first port of workers that a scheduler started. */
const firstPort = 12_345;

function wrong(what: string): OverparamError {
  return new OverparamError(
    'invalid-cluster',
    `${what} Expected, for example, TF_CONFIG='{"cluster":{"worker":["node-1:2222","node-2:2222"]},"task":{"type":"worker","index":0}}', with another index on each machine.`,
  );
}

/** TensorFlow's own convention; null where the variable is not there, or names a single worker. */
function ofTensorflow({ TF_CONFIG: text }: Variables): Cluster | null {
  if (text === undefined || text.trim() === '') return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw wrong(`TF_CONFIG is no JSON (${(error as Error).message}).`);
  }
  const { cluster, task } = Object(value) as { readonly cluster?: unknown; readonly task?: unknown };
  const { worker, ...others } = Object(cluster) as Record<string, unknown>;
  const roles = Object.keys(others);
  if (roles.length > 0) {
    throw wrong(
      `TF_CONFIG has machines of the kinds ${roles.join(', ')}, and all that train here are workers.`,
    );
  }
  if (!Array.isArray(worker) || worker.length === 0 || !worker.every((each) => typeof each === 'string')) {
    throw wrong('TF_CONFIG has no list "worker" of addresses in its "cluster".');
  }
  const { type = 'worker', index } = Object(task) as { readonly type?: unknown; readonly index?: unknown };
  if (type !== 'worker' || !Number.isInteger(index)) {
    throw wrong('TF_CONFIG does not say by its "task" which of the workers this is.');
  }
  for (const address of worker) hostAndPort(address);
  if ((index as number) < 0 || (index as number) >= worker.length) {
    throw wrong(`TF_CONFIG says that this is worker ${index}, and lists ${worker.length}, counted from 0.`);
  }
  return worker.length === 1 ? null : { workers: worker, index: index as number };
}

/** Names that a list of Slurm's stands for: `node[01-03,7],login` are node01, node02, node03, node7 and login. */
export function slurmHosts(list: string): string[] {
  const parts = list.match(/[^,[]+(?:\[[^\]]*\][^,[]*)*/g) ?? [];
  return parts.flatMap((part) => {
    const match = /^([^[]*)\[([^\]]*)\](.*)$/.exec(part);
    if (!match) return [part];
    const [, before, ranges, after] = match as unknown as [string, string, string, string];
    const numbers = ranges.split(',').flatMap((range) => {
      const [from, to = from] = range.split('-') as [string, string?];
      const count = Number(to) - Number(from) + 1;
      return Array.from({ length: count }, (_, at) => String(Number(from) + at).padStart(from.length, '0'));
    });
    return numbers.flatMap((number) => slurmHosts(`${before}${number}${after}`));
  });
}

/** `2(x3),1` are 2, 2, 2 and 1. */
function slurmCounts(text: string): number[] {
  return text.split(',').flatMap((part) => {
    const [, count, times = '1'] = /^(\d+)(?:\(x(\d+)\))?$/.exec(part) ?? [];
    return new Array<number>(Number(times)).fill(Number(count));
  });
}

/** One task of Slurm's for each worker (`srun`); null elsewhere. */
function ofSlurm(variables: Variables): Cluster | null {
  const { SLURM_STEP_NUM_TASKS: count, SLURM_PROCID: index, SLURM_STEP_NODELIST: nodes } = variables;
  if (count === undefined || index === undefined || Number(count) < 2) return null;
  const perNode = variables.SLURM_STEP_TASKS_PER_NODE;
  if (nodes === undefined || perNode === undefined) {
    throw wrong(
      `Slurm says that there are ${count} tasks, and not on which machines (SLURM_STEP_NODELIST, SLURM_STEP_TASKS_PER_NODE). Start them by srun, or set TF_CONFIG.`,
    );
  }
  const counts = slurmCounts(perNode);
  const port = Number(variables.OVERPARAM_PORT ?? firstPort);
  const workers = slurmHosts(nodes).flatMap((host, node) =>
    Array.from({ length: counts[node] ?? 0 }, (_, local) => `${host}:${port + local}`),
  );
  if (workers.length !== Number(count)) {
    throw wrong(
      `Slurm says that there are ${count} tasks, and lists ${workers.length} (${nodes}, ${perNode}).`,
    );
  }
  return { workers, index: Number(index) };
}

/** Ranks by the launchers of MPI, which tell no hosts. */
const ranks = [
  ['OMPI_COMM_WORLD_SIZE', 'OMPI_COMM_WORLD_RANK'],
  ['PMI_SIZE', 'PMI_RANK'],
] as const;

function ofMpi(variables: Variables): Cluster | null {
  for (const [size, rank] of ranks) {
    const count = Number(variables[size] ?? 0);
    if (count < 2 || variables[rank] === undefined) continue;
    const list = variables.OVERPARAM_WORKERS;
    const workers = list?.split(',').map((address) => address.trim()) ?? [];
    if (workers.length !== count) {
      throw wrong(
        `${size} says that there are ${count} processes, and OVERPARAM_WORKERS lists ${workers.length}: MPI tells no hosts. List host:port of each, in the order of ranks, with commas between.`,
      );
    }
    return { workers, index: Number(variables[rank]) };
  }
  return null;
}

/**
 * The workers that an environment describes: by `TF_CONFIG`, by Slurm (`srun`), or by the ranks of MPI with addresses in
 * `OVERPARAM_WORKERS`; null for a process by itself.
 *
 * @throws OverparamError `invalid-cluster`
 */
export function clusterOf(variables: Variables): Cluster | null {
  return ofTensorflow(variables) ?? ofSlurm(variables) ?? ofMpi(variables);
}
