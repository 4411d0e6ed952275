import * as tf from '@tensorflow/tfjs';

/** Ways by what is computed: `filter gradient of 32x8x8x256 by 3x3x256x256, ...` to `products`. */
export type KernelChoices = Readonly<Record<string, string>>;

/** The capability that a tfjs backend may offer: computing the same in several ways. Looked for on the backend object. */
interface ChoosingBackend {
  kernelChoices(): KernelChoices;
  useKernelChoices(given: KernelChoices): void;
}

const choosing = (): Partial<ChoosingBackend> => tf.backend() as unknown as Partial<ChoosingBackend>;

/**
 * The ways that compiled steps took since the process began or {@link useKernelChoices} was called, where the backend knew
 * several and had timed them on this processor. They decide about the last bits of results: who saves training to go on with
 * it bit for bit saves them too. Empty on backends that have one way for everything.
 */
export function kernelChoices(): KernelChoices {
  return choosing().kernelChoices?.() ?? {};
}

/**
 * Has compiled steps take these ways where they come to them, and remembers anew which are taken. Steps that were compiled
 * before stay as they are.
 *
 * @param given  as of {@link kernelChoices}; `{}` to take the fastest of each
 */
export function useKernelChoices(given: KernelChoices): void {
  choosing().useKernelChoices?.(given);
}
