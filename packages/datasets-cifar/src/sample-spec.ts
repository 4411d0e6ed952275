import { fileURLToPath } from 'node:url';
import { cifar100Classes } from './classes';
import { type CifarFile, type CifarSpec, cifar100Spec } from './spec';

/** The classes of the sample: one each of ten coarse classes, easy to tell apart by eye. In official order. */
export const sampleClasses: readonly string[] = [
  'aquarium_fish',
  'chimpanzee',
  'keyboard',
  'motorcycle',
  'orange',
  'plain',
  'road',
  'skyscraper',
  'sunflower',
  'wardrobe',
];

/** Images of each class in the sample: the first ones in official order. */
export const samplePerClass = { train: 250, test: 50 } as const;

const file = (split: 'train' | 'test', sha256: string): CifarFile => ({
  name: `${split}.bin`,
  split,
  records: samplePerClass[split] * sampleClasses.length,
  checksum: { algorithm: 'sha256', hex: sha256 },
});

/** The sample as records of CIFAR-100's binary form. It is shipped, so it has no archive. */
export const sampleSpec: Omit<CifarSpec, 'archive'> = {
  name: 'cifar100-sample',
  title: 'CIFAR-100 sample',
  files: [
    file('train', 'b05891a87b5eeab54e5bb61b0dcec848de00ef91f1afef50217ccbb4c7957de5'),
    file('test', '21a05e8ab9dcd04675d7443438936a0276eba69d0bee8241a7f8e010c4bdfc16'),
  ],
  labelBytes: cifar100Spec.labelBytes,
  labels: {
    class: {
      at: 1,
      classes: sampleClasses,
      values: sampleClasses.map((name) => cifar100Classes.indexOf(name)),
    },
  },
  mean: cifar100Spec.mean,
  std: cifar100Spec.std,
};

/** Where the packed sample lies: beside `src` and beside `dist`. */
export function samplePath(): string {
  return fileURLToPath(new URL('../data/cifar100-sample.br', import.meta.url));
}
