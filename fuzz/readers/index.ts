import type { Target } from '../mutations/target';
import { archives } from './archives';
import { arrays } from './arrays';
import { configs } from './configs';
import { datasets } from './datasets';
import { imports } from './imports';
import { inspected } from './inspected';
import { networkFiles } from './networks';

/** Every reader of files that come from elsewhere. */
export const readers: readonly Target[] = [
  ...archives,
  ...arrays,
  ...datasets,
  ...networkFiles,
  ...imports,
  ...inspected,
  ...configs,
];
