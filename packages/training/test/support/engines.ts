import { useEngine } from '@overparam/engine';

const native = await useEngine('tensorflow').then(
  () => true,
  (error: Error) => {
    console.warn(`\n*** SKIPPED: the native engine is not tested: ${error.message} ***\n`);
    return false;
  },
);

/** The engines that are tested in full: wasm, and TensorFlow, compiled, where it is installed. */
export const engines: readonly ('tensorflow' | 'wasm')[] = [
  ...(native ? (['tensorflow'] as const) : []),
  'wasm',
];
