import type { Target } from '../mutations/target';
import { comparisons } from './comparisons';
import { savedNetworks } from './networks';
import { records } from './records';

/** Every file of a run folder, and of a comparison's. */
export const runFolders: readonly Target[] = [...records, ...savedNetworks, ...comparisons];
