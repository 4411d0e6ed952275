import { addNKernels } from './add-n';
import { convolutionKernels } from './convolution';
import { registerFallbacks } from './fallback';
import { registerKernels } from './kernel';
import { placeKernels } from './places';
import { poolingKernels } from './pooling';
import { randomKernels } from './random';
import { repairedKernels } from './repaired';
import { resizingKernels } from './resizing';
import { sumKernels } from './sums';
import { trainingKernels } from './training';
import { workerKernels } from './workers';

/** Registers what tfjs-node's kernels lack, over those. */
export function registerOwnKernels(): void {
  registerKernels(repairedKernels());
  registerKernels(sumKernels());
  registerKernels(addNKernels);
  registerKernels(resizingKernels);
  registerKernels(convolutionKernels);
  registerKernels(poolingKernels);
  registerKernels(placeKernels);
  registerKernels(trainingKernels);
  registerKernels(randomKernels);
  registerKernels(workerKernels);
  registerFallbacks();
}
