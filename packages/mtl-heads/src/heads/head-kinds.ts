import type { HeadKind } from '@overparam/plugin';
import { deeplab } from './deeplab';
import { pooled } from './pooled';
import { segnet } from './segnet';

/** The heads of this package, as its plugin registers them. */
export const headKinds: readonly HeadKind[] = [segnet, deeplab, pooled];
