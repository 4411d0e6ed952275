import { type EngineName, useEngine } from '@overparam/engine';

const native = await useEngine('tensorflow').then(
  () => true,
  (error: Error) => {
    console.warn(`\n*** SKIPPED: losses are not tested on the native engine: ${error.message} ***\n`);
    return false;
  },
);

/** The engines that losses are tested on; the native one where its library is there. */
export const engines: readonly EngineName[] = [...(native ? (['tensorflow'] as const) : []), 'wasm', 'cpu'];
