import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useEngine } from '@overparam/engine';
import { completeConfig, openDataset } from '@overparam/runner';
import { dataFolder } from './data';
import { type Outcome, type OwnOutcome, trainSeed } from './sides';

/** Two accuracies from the same weights and batches, for each of a few seeds. */
export interface Parity {
  readonly epochs: number;
  readonly trainImages: number;
  readonly seeds: readonly { readonly seed: number; readonly ours: OwnOutcome; readonly peer: Outcome }[];
  /** Mean test accuracies in percent, and ours less PyTorch's in points. */
  readonly accuracy: { readonly ours: number; readonly peer: number; readonly difference: number };
  /** The share of our training time that reading and augmenting took. */
  readonly readingShare: number;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * ResNet-20 on CIFAR-100, trained here and in PyTorch from the same first weights, on the same batches (order and
 * augmentation drawn here) and at the same rates: batch 128, SGD with Nesterov momentum, a cosine from 0.1 to 0.
 *
 * @param short  one epoch of 6,400 images and one seed, to see that it runs; else 3 epochs of all 50,000, seeds 0, 1, 2
 * @param tell   told each seed's outcome when it is there
 * @throws NoData, PeerSetupError
 */
export async function cifar100Parity(short: boolean, tell: (text: string) => void): Promise<Parity> {
  const dataDir = dataFolder();
  const engine = await useEngine('tensorflow');
  const layer = {
    backbone: { name: 'resnet', depth: 20 },
    method: 'plain',
    dataset: 'cifar100',
    epochs: short ? 1 : 3,
    batch: 128,
    lr: { peak: 0.1, schedule: 'cosine' },
    ...(short && { limit: { train: 6400, test: 2000 } }),
  };
  const source = { name: 'cifar100-parity', folder: '.' };
  const config = await completeConfig(layer as never, { name: engine.name }, source);
  const dataset = await openDataset(config, dataDir);
  const folder = mkdtempSync(join(tmpdir(), 'overparam-parity-'));
  const seeds: { seed: number; ours: OwnOutcome; peer: Outcome }[] = [];
  try {
    for (const seed of short ? [0] : [0, 1, 2]) {
      const { ours, peer } = await trainSeed({ ...config, seed }, dataset, folder);
      seeds.push({ seed, ours, peer });
      tell(
        `seed ${seed}: ${ours.accuracy.toFixed(2)} % here in ${ours.seconds.toFixed(0)} s (${ours.readingSeconds.toFixed(1)} s reading), ` +
          `${peer.accuracy.toFixed(2)} % in PyTorch in ${peer.seconds.toFixed(0)} s`,
      );
    }
  } finally {
    await dataset.close();
    rmSync(folder, { recursive: true, force: true });
  }
  const [own, other] = [
    meanOf(seeds.map(({ ours }) => ours.accuracy)),
    meanOf(seeds.map(({ peer }) => peer.accuracy)),
  ];
  const reading = seeds.reduce((sum, { ours }) => sum + ours.readingSeconds, 0);
  const all = seeds.reduce((sum, { ours }) => sum + ours.seconds, 0);
  return {
    epochs: config.epochs,
    trainImages: config.limit.train ?? dataset.splits.train!.size,
    seeds,
    accuracy: { ours: own, peer: other, difference: own - other },
    readingShare: reading / all,
  };
}
