import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What several workers on this machine come to beside one process with as many threads. */
export interface WorkersCost {
  readonly workers: number;
  /** Milliseconds an update of one process with a thread for each core, the fastest of all. */
  readonly alone: number;
  /** The same of one worker a core with one thread each. */
  readonly together: number;
  /** The same of as many processes that do not sum, each on a share of the batch: what the sums add is the difference. */
  readonly apart: number;
  /** Images a second of the workers over those of the one process. */
  readonly ratio: number;
  /** Milliseconds that the sums of an update take by themselves, the fastest of all. */
  readonly sums: number;
  /** What a worker adds up in an update. */
  readonly bytes: number;
}

/** What a process of a measurement came to; see workers-child.ts. */
export interface Measured {
  readonly times: readonly number[];
  readonly sums: readonly number[];
  readonly bytes: number;
}

export const child = fileURLToPath(new URL('./workers-child.ts', import.meta.url));

/**
 * Runs workers-child.ts.
 *
 * @param before  a command that starts it, such as one that enters a network of its own
 */
export function run(orders: object, before: readonly string[] = []): Promise<Measured> {
  const [file, ...given] = [...before, process.execPath, ...process.execArgv, child, JSON.stringify(orders)];
  const worker = spawn(file!, given, { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, error] = ['', ''];
  worker.stdout.on('data', (text) => {
    out += text;
  });
  worker.stderr.on('data', (text) => {
    error += text;
  });
  return new Promise((resolve, reject) => {
    worker.on('exit', (code) =>
      code === 0 ? resolve(JSON.parse(out)) : reject(new Error(`${code}: ${error}`)),
    );
  });
}

/** What is trained. */
export const config = {
  method: 'plain',
  routine: 'joint',
  backbone: 'resnet50',
  dataset: 'cifar100-sample',
  batch: 32,
  epochs: 1,
  lr: 0.01,
};

/** The first updates compile and warm up. */
const warmUp = 2;

/** Updates of a ResNet-50 by one process, and by one worker a core. */
export async function workersCost(turns = 3, updates = 7): Promise<WorkersCost> {
  const folder = mkdtempSync(join(tmpdir(), 'overparam-bench-'));
  const workers = Math.max(2, availableParallelism());
  const configFile = (batch: number) => {
    const file = join(folder, `${batch}.yaml`);
    writeFileSync(file, JSON.stringify({ ...config, batch }));
    return file;
  };
  const file = configFile(config.batch);
  const share = configFile(config.batch / workers);
  const addresses = Array.from({ length: workers }, (_, index) => `127.0.0.1:${23_450 + index}`);
  const [alone, together, apart, sums]: [number[], number[], number[], number[]] = [[], [], [], []];
  let bytes = 0;
  try {
    for (let turn = 0; turn < turns; turn++) {
      const one = await run({ workers: ['127.0.0.1:1'], index: 0, threads: workers, updates, file });
      alone.push(...one.times.slice(warmUp));
      const all = await Promise.all(
        addresses.map((_, index) => run({ workers: addresses, index, threads: 1, updates, file })),
      );
      together.push(...all[0]!.times.slice(warmUp));
      sums.push(...all[0]!.sums.slice(1));
      bytes = all[0]!.bytes;
      const parts = addresses.map((address) => ({
        workers: [address],
        index: 0,
        threads: 1,
        updates,
        file: share,
      }));
      const single = await Promise.all(parts.map((part) => run(part)));
      apart.push(...single[0]!.times.slice(warmUp));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  // Whatever else the machine does adds to times and never takes away.
  const least = (times: readonly number[]) => Math.min(...times);
  return {
    workers,
    alone: least(alone),
    together: least(together),
    apart: least(apart),
    ratio: least(alone) / least(together),
    sums: least(sums),
    bytes,
  };
}
