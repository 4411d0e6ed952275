import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Child } from './child';
import { watchMachine } from './machine';
import type { PeerName, Row } from './rows';
import { ours, peerSide, type Side, startWorker } from './sides';
import { medianOf, type Spread, spreadOf } from './statistics';

/** One side's figures in a row. */
export interface Measured {
  readonly name: string;
  /** Images a second over the turns, each turn being the median of its steps. */
  readonly speed: Spread;
  /** Speed in each turn. */
  readonly turns: readonly number[];
  /** Peak resident size less that after loading, in bytes. */
  readonly memory: number;
}

/** A row's figures. */
export interface RowResult {
  readonly row: Row;
  readonly ours: Measured;
  readonly peers: readonly Measured[];
  /** The largest share of the machine, 0 to 1, that other processes had in a turn. */
  readonly disturbance: number;
  /** Peers that could not run, with the reason. */
  readonly missing: readonly { readonly name: PeerName; readonly reason: string }[];
}

/** How a row is measured. */
export interface RunOptions {
  /** How often the sides take turns. */
  readonly turns: number;
  readonly python: () => string;
  /** Folder of another checkout that is a peer, or null. */
  readonly checkout: string | null;
  /** Told what is going on. */
  readonly note: (text: string) => void;
}

interface Steps {
  readonly milliseconds: readonly number[];
  /** Processor time of the whole process, in milliseconds over all cores. */
  readonly processor: number;
  readonly losses: readonly number[];
}

/** A side's process, ready to compute. */
interface Ready {
  readonly side: Side;
  readonly child: Child;
  readonly resident: number;
  readonly parameters: number;
  readonly warm: Steps;
  readonly turns: number[];
}

/** Steps before the first turn: each side's own beginnings, and what the losses are compared at. */
const warmSteps = 2;
/** How far losses of the first steps may differ, relatively: rounding grows through every update of a deep network. */
const tolerances = [1e-4, 0.02];
/** A turn lasts about this long, so that its first step, on cold caches, is one of several where steps are short. */
const turnMilliseconds = 1500;
const mostSteps = 20;
const fewestSteps = 1;
/** More than this share of the machine in other hands spoils a turn, which is then repeated, at most so often. */
const quiet = 0.1;
const mostAttempts = 3;
/** Lets the threads of the process before stop spinning for work. */
const pause = () => new Promise((resolve) => setTimeout(resolve, 100));

/** Starts a side and lets it take its first steps; whoever calls closes its process. */
export async function begin(side: Side, row: Row, tensors: string, count = warmSteps): Promise<Ready> {
  const child = side.start();
  try {
    const { resident } = await child.receiveNext<{ resident: number }>();
    const { parameters } = await child.ask<{ parameters: number }>(side.request(row, tensors));
    const warm = await child.ask<Steps>({ do: 'steps', count });
    return { side, child, resident, parameters, warm, turns: [] };
  } catch (error) {
    await child.close();
    throw error;
  }
}

/** Refuses to compare sides that do not compute the same. Other methods are another computation on purpose. */
function checkSame(one: Ready, other: Ready): void {
  if (other.side.name === 'plain step' || other.side.name === 'joint step') return;
  if (one.parameters !== other.parameters) {
    throw new Error(`${other.side.name} has ${other.parameters} parameters, overparam ${one.parameters}`);
  }
  for (const [step, tolerance] of tolerances.entries()) {
    const [mine, theirs] = [one.warm.losses[step]!, other.warm.losses[step]!];
    if (Math.abs(mine - theirs) <= tolerance * Math.abs(mine)) continue;
    throw new Error(
      `the loss of step ${step + 1} is ${theirs} with ${other.side.name}, ${mine} with overparam`,
    );
  }
}

/** Writes the weights and the batch that all sides of a row begin with. */
export async function exportTensors(row: Row, file: string): Promise<void> {
  const child = startWorker('export');
  try {
    await child.receiveNext();
    await child.ask({ do: 'export', row, file });
  } finally {
    await child.close();
  }
}

async function finish({ side, child, resident, turns }: Ready): Promise<Measured> {
  const { peak } = await child.ask<{ peak: number }>({ do: 'memory' });
  return { name: side.name, speed: spreadOf(turns), turns, memory: peak - resident };
}

/** Steps that fill a turn of the slowest side. */
function stepsOfTurn(sides: readonly Ready[]): number {
  const slowest = Math.max(...sides.map(({ warm }) => warm.milliseconds.at(-1)!));
  return Math.min(mostSteps, Math.max(fewestSteps, Math.round(turnMilliseconds / slowest)));
}

/** One side's steps in a turn: the least disturbed of a few attempts. */
async function takeTurn({ child }: Ready, count: number): Promise<{ steps: Steps; disturbance: number }> {
  let best: { steps: Steps; disturbance: number } | null = null;
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    await pause();
    const othersSince = watchMachine();
    const steps = await child.ask<Steps>({ do: 'steps', count });
    const disturbance = othersSince(steps.processor);
    if (best === null || disturbance < best.disturbance) best = { steps, disturbance };
    if (disturbance <= quiet) break;
  }
  return best!;
}

/** Starts every side in a process of its own, lets them compute in turns, one at a time, and ends them. */
export async function runRow(row: Row, { turns, python, checkout, note }: RunOptions): Promise<RowResult> {
  const folder = mkdtempSync(join(tmpdir(), 'overparam-bench-'));
  const ready: Ready[] = [];
  const missing: { name: PeerName; reason: string }[] = [];
  try {
    const tensors = join(folder, 'tensors.safetensors');
    await exportTensors(row, tensors);
    note('overparam starts');
    const mine = await begin(ours, row, tensors);
    ready.push(mine);
    for (const name of row.peers) {
      note(`${name} starts`);
      try {
        const peer = await begin(peerSide(name, python, checkout), row, tensors);
        ready.push(peer);
        checkSame(mine, peer);
      } catch (error) {
        const failed = ready.at(-1)!;
        if (failed.side.name === name) {
          ready.pop();
          await failed.child.close();
        }
        missing.push({ name, reason: (error as Error).message });
      }
    }
    const count = stepsOfTurn(ready);
    let disturbance = 0;
    for (let turn = 0; turn < turns; turn++) {
      note(`turn ${turn + 1} of ${turns}, ${count} steps each`);
      // Whoever comes first was seen a percent slower: each turn goes through the sides the other way.
      for (const side of turn % 2 === 0 ? ready : ready.toReversed()) {
        const taken = await takeTurn(side, count);
        side.turns.push((1000 * row.batch) / medianOf(taken.steps.milliseconds));
        disturbance = Math.max(disturbance, taken.disturbance);
      }
    }
    const [first, ...others] = await Promise.all(ready.map(finish));
    return { row, ours: first!, peers: others, disturbance, missing };
  } finally {
    await Promise.all(ready.map(({ child }) => child.close()));
    rmSync(folder, { recursive: true, force: true });
  }
}
