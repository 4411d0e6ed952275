import type { Target } from './mutations/target';
import { readers } from './readers';
import { runFolders } from './run-folders';

/** All that is read of changed inputs, by name. */
export const targets: readonly Target[] = [...readers, ...runFolders];
