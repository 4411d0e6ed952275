import type { Target } from '../mutations/target';

/** Every file of a run folder, and of a comparison's. */
export const runFolders: readonly Target[] = [];
