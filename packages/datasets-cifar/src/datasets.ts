import type { Dataset } from '@overparam/plugin';
import type { CifarExample } from './augment';
import { officialDataset } from './official';
import { type Cifar100Options, cifar100Schema, type OfficialCifarOptions, officialSchema } from './options';
import { cifar10Spec, cifar100Spec } from './spec';

/**
 * CIFAR-10: 50,000 training and 10,000 test images of 10 classes, 32x32x3. Read from `<data-dir>/cifar10`.
 *
 * A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009.
 */
export const cifar10: Dataset<OfficialCifarOptions, CifarExample> = officialDataset(
  cifar10Spec,
  'CIFAR-10: 50,000 + 10,000 images of 10 classes, 32x32.',
  officialSchema(cifar10Spec),
  () => cifar10Spec.labels.class!,
);

/**
 * CIFAR-100: 50,000 training and 10,000 test images of 100 classes in 20 groups, 32x32x3. Read from
 * `<data-dir>/cifar100`.
 *
 * A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009.
 */
export const cifar100: Dataset<Cifar100Options, CifarExample> = officialDataset(
  cifar100Spec,
  'CIFAR-100: 50,000 + 10,000 images of 100 classes (or 20 coarse ones), 32x32.',
  cifar100Schema(cifar100Spec),
  ({ labels }) => cifar100Spec.labels[labels]!,
);
