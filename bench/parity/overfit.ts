import { readFileSync } from 'node:fs';
import { type Overfitted, overfit, recipe } from '../../packages/training/test/overfit/recipe';

/** What PyTorch came to; see packages/training/test/overfit/overfit.py. */
interface Stored {
  readonly runs: readonly ({ readonly seed: number; readonly run: number } & Overfitted)[];
}

/** How a run ended. */
interface End {
  /** Mean of the last 20 steps. */
  readonly loss: number;
  /** From 0 to 1, on the scenes that were learnt. */
  readonly mIoU: number;
}

/** Eight real scenes learnt by heart, here and in PyTorch, from the same weights and on the same batches. */
export interface OverfitResult {
  readonly steps: number;
  /** Means over all runs of all seeds. */
  readonly loss: { readonly ours: number; readonly peer: number; readonly ratio: number };
  readonly mIoU: { readonly ours: number; readonly peer: number; readonly difference: number };
  /** The lowest and the highest loss of runs of one seed, which differ by rounding at first: highest divided by lowest. */
  readonly spread: { readonly ours: number; readonly peer: number };
  /** A line for every run: seeds, and in each the runs from weights that differ by rounding. */
  readonly runs: readonly {
    readonly seed: number;
    readonly run: number;
    readonly ours: End;
    readonly peer: End;
  }[];
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const endOf = ({ losses, mIoU }: Overfitted): End => ({ loss: mean(losses.slice(-20)), mIoU });

/**
 * Trains what PyTorch trained, on the native engine.
 *
 * @param short  the first seed's first run only
 * @param tell   told the loss now and then
 */
export async function nyuOverfit(short: boolean, tell: (text: string) => void): Promise<OverfitResult> {
  const file = new URL('../../packages/training/test/overfit/torch.json', import.meta.url);
  const stored = JSON.parse(readFileSync(file, 'utf8')) as Stored;
  const runs: OverfitResult['runs'][number][] = [];
  for (const { seed, run, ...peer } of stored.runs.slice(0, short ? 1 : undefined)) {
    const ours = await overfit(seed, run, recipe.steps, 'tensorflow', (step, loss) => {
      if (step % 100 === 0) tell(`seed ${seed}, run ${run}, step ${step}: loss ${loss.toFixed(4)}`);
    });
    if (ours.checksum !== peer.checksum) {
      throw new Error('The first weights are not those that torch.json was made from. Run overfit.py again.');
    }
    runs.push({ seed, run, ours: endOf(ours), peer: endOf(peer) });
    const { loss, mIoU } = endOf(ours);
    tell(`seed ${seed}, run ${run}: ends at ${loss.toFixed(4)}, mIoU ${mIoU.toFixed(3)}`);
  }
  const over = (side: 'ours' | 'peer', of: keyof End) => mean(runs.map((run) => run[side][of]));
  return {
    steps: recipe.steps,
    loss: {
      ours: over('ours', 'loss'),
      peer: over('peer', 'loss'),
      ratio: over('ours', 'loss') / over('peer', 'loss'),
    },
    mIoU: {
      ours: over('ours', 'mIoU'),
      peer: over('peer', 'mIoU'),
      difference: over('ours', 'mIoU') - over('peer', 'mIoU'),
    },
    spread: { ours: widest(runs, 'ours'), peer: widest(runs, 'peer') },
    runs,
  };
}

/** Of the seeds, the one whose runs end the furthest apart. */
function widest(runs: OverfitResult['runs'], side: 'ours' | 'peer'): number {
  const apart = (seed: number) => {
    const losses = runs.filter((run) => run.seed === seed).map((run) => run[side].loss);
    return Math.max(...losses) / Math.min(...losses);
  };
  return Math.max(...runs.map(({ seed }) => apart(seed)));
}
