import { readFileSync } from 'node:fs';
import { type Overfitted, overfit, recipe } from '../../packages/runner/test/overfit/recipe';

/** What PyTorch came to; see packages/runner/test/overfit/overfit.py. */
interface Stored {
  readonly runs: readonly ({ readonly seed: number } & Overfitted)[];
}

/** Eight real scenes learnt by heart, here and in PyTorch, from the same weights and on the same batches. */
export interface OverfitResult {
  readonly steps: number;
  /** Mean over the seeds of the mean loss of the last 20 steps. */
  readonly loss: { readonly ours: number; readonly peer: number; readonly ratio: number };
  /** Mean over the seeds, from 0 to 1, on the scenes that were learnt. */
  readonly mIoU: { readonly ours: number; readonly peer: number; readonly difference: number };
  readonly seeds: readonly { readonly seed: number; readonly ours: Overfitted; readonly peer: Overfitted }[];
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * Trains the seeds that PyTorch trained, on the native engine.
 *
 * @param short  the first seed only
 * @param tell   told the loss now and then
 */
export async function nyuOverfit(short: boolean, tell: (text: string) => void): Promise<OverfitResult> {
  const file = new URL('../../packages/runner/test/overfit/torch.json', import.meta.url);
  const stored = JSON.parse(readFileSync(file, 'utf8')) as Stored;
  const seeds: OverfitResult['seeds'][number][] = [];
  for (const { seed, ...peer } of stored.runs.slice(0, short ? 1 : undefined)) {
    const ours = await overfit(seed, recipe.steps, 'tensorflow', (step, loss) => {
      if (step % 50 === 0) tell(`seed ${seed}, step ${step}: loss ${loss.toFixed(4)}`);
    });
    if (ours.checksum !== peer.checksum) {
      throw new Error('The first weights are not those that torch.json was made from. Run overfit.py again.');
    }
    seeds.push({ seed, ours, peer });
  }
  const end = (side: 'ours' | 'peer') => mean(seeds.map((run) => mean(run[side].losses.slice(-20))));
  const learnt = (side: 'ours' | 'peer') => mean(seeds.map((run) => run[side].mIoU));
  return {
    steps: recipe.steps,
    loss: { ours: end('ours'), peer: end('peer'), ratio: end('ours') / end('peer') },
    mIoU: { ours: learnt('ours'), peer: learnt('peer'), difference: learnt('ours') - learnt('peer') },
    seeds,
  };
}
