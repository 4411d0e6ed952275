import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { config, run } from './workers';

/** What two workers came to on a line of some bandwidth. */
export interface OnLine {
  /** Gigabits a second in each direction; null for a line without a limit. */
  readonly gigabits: number | null;
  /** Milliseconds that the sums of an update take by themselves, the fastest of all. */
  readonly sums: number;
  /** Milliseconds that their bytes take on the line; null without a limit. */
  readonly expected: number | null;
  /** Milliseconds of an update, the fastest of all. */
  readonly update: number;
}

const names = ['overparam-0', 'overparam-1'];
const device = (index: number) => `overparam${index}`;
const addressOf = (index: number) => `10.213.7.${index + 1}`;

const call = (command: string) =>
  execFileSync('sh', ['-c', command], { stdio: ['ignore', 'ignore', 'pipe'] });

/** Two networks with a line between them. */
function connect(): void {
  for (const name of names) call(`ip netns add ${name}`);
  call(`ip link add ${device(0)} netns ${names[0]} type veth peer name ${device(1)} netns ${names[1]}`);
  for (const [index, name] of names.entries()) {
    call(`ip -n ${name} addr add ${addressOf(index)}/24 dev ${device(index)}`);
    call(`ip -n ${name} link set lo up`);
    call(`ip -n ${name} link set ${device(index)} up`);
  }
}

function disconnect(): void {
  for (const name of names) {
    try {
      call(`ip netns delete ${name}`);
    } catch {
      // It was never made.
    }
  }
}

/** A token bucket of four milliseconds at each end. */
function limit(gigabits: number): void {
  const burst = Math.round((gigabits * 1e9 * 0.004) / 8);
  for (const [index, name] of names.entries()) {
    call(
      `ip netns exec ${name} tc qdisc replace dev ${device(index)} root tbf rate ${gigabits}gbit burst ${burst} latency 50ms`,
    );
  }
}

/** Updates of a ResNet-50 by two workers of one thread each, on lines of several bandwidths. */
export async function workersNetwork(tell: (text: string) => void, updates = 4): Promise<readonly OnLine[]> {
  const folder = mkdtempSync(join(tmpdir(), 'overparam-bench-'));
  const file = join(folder, 'config.yaml');
  writeFileSync(file, JSON.stringify(config));
  const rows: OnLine[] = [];
  try {
    disconnect();
    connect();
    for (const gigabits of [null, 25, 10, 1]) {
      if (gigabits !== null) limit(gigabits);
      // Each rate has ports of its own: those of a run before may be waiting to be free.
      const workers = names.map((_, index) => `${addressOf(index)}:${23_460 + rows.length}`);
      const orders = { workers, threads: 1, updates, file };
      const [first] = await Promise.all(
        names.map((name, index) => run({ ...orders, index }, ['ip', 'netns', 'exec', name])),
      );
      const { times, sums, bytes } = first!;
      // Two workers send, and receive, as many bytes as there are.
      const expected = gigabits === null ? null : (8 * bytes) / (gigabits * 1e6);
      rows.push({
        gigabits,
        sums: Math.min(...sums.slice(1)),
        expected,
        update: Math.min(...times.slice(2)),
      });
      tell(`${gigabits ?? 'unlimited'} Gbit/s measured`);
    }
  } finally {
    disconnect();
    rmSync(folder, { recursive: true, force: true });
  }
  return rows;
}
