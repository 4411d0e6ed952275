import type { Checksum } from '@overparam/dataset-files';
import { cifar10Classes, cifar100Classes, cifar100CoarseClasses } from './classes';

/** The two splits that the official files have. */
export type OfficialSplit = 'train' | 'test';

/** One label of a record. */
export interface LabelField {
  /** Byte of the record that holds it. */
  readonly at: number;
  readonly classes: readonly string[];
  /** The byte that stands for class `i`, at `i`. */
  readonly values: readonly number[];
}

/** One unpacked file: records one after the other, without a header. */
export interface CifarFile {
  readonly name: string;
  readonly split: OfficialSplit;
  readonly records: number;
  /** Of the unpacked file. */
  readonly checksum: Checksum;
}

/** The archive that is published. */
export interface CifarArchive {
  readonly name: string;
  readonly url: string;
  readonly md5: string;
  readonly bytes: number;
  /** The folder inside it. */
  readonly folder: string;
}

/** All that tells one member of the family from another. */
export interface CifarSpec {
  /** The dataset's name in a config, and its folder under `--data-dir`. */
  readonly name: string;
  readonly title: string;
  readonly archive: CifarArchive;
  readonly files: readonly CifarFile[];
  /** Label bytes before the 3,072 pixel bytes. */
  readonly labelBytes: number;
  readonly labels: Readonly<Record<string, LabelField>>;
  /** Of pixel / 255 of the training images, by channel (red, green, blue). */
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

/** Height and width of an image. */
export const imageSide = 32;
/** Bytes of one colour plane. */
export const planeBytes = imageSide * imageSide;
/** Bytes of one image. */
export const imageBytes = 3 * planeBytes;

/** A label whose bytes are the class indices themselves. */
export function labelField(at: number, classes: readonly string[]): LabelField {
  return { at, classes, values: classes.map((_, index) => index) };
}

/** Bytes of one record: the labels, then red, green and blue planes, each row-major 32x32. */
export function recordBytes(spec: Pick<CifarSpec, 'labelBytes'>): number {
  return spec.labelBytes + imageBytes;
}

/** A file of a published checksum. */
function file(
  name: string,
  split: OfficialSplit,
  records: number,
  algorithm: Checksum['algorithm'],
  hex: string,
): CifarFile {
  return { name, split, records, checksum: { algorithm, hex } };
}

const site = 'https://www.cs.toronto.edu/~kriz';

/** CIFAR-10's binary version, as https://www.cs.toronto.edu/~kriz/cifar.html describes it. */
export const cifar10Spec: CifarSpec = {
  name: 'cifar10',
  title: 'CIFAR-10',
  archive: {
    name: 'cifar-10-binary.tar.gz',
    url: `${site}/cifar-10-binary.tar.gz`,
    md5: 'c32a1d4ab5d03f1284b67883e8d87530',
    bytes: 170_052_171,
    folder: 'cifar-10-batches-bin',
  },
  // The sums of what the published archive, whose own sum is above, unpacks to; they are in wide use, such as in
  // https://github.com/rai-project/dldataset.
  files: [
    file('data_batch_1.bin', 'train', 10_000, 'md5', '5dd7e06a14cb22eb9f671a540d1b7c25'),
    file('data_batch_2.bin', 'train', 10_000, 'md5', '5ea93a67294ea407fff1d09f752e9692'),
    file('data_batch_3.bin', 'train', 10_000, 'md5', '942cd6a4bcdd0dd3c604fbe906cb4421'),
    file('data_batch_4.bin', 'train', 10_000, 'md5', 'ae636b3ba5c66a11e91e8cb52e771fcb'),
    file('data_batch_5.bin', 'train', 10_000, 'md5', '53f37980c15c3d472c316c40844f3f0d'),
    file('test_batch.bin', 'test', 10_000, 'md5', '803d5f7f4d78ea53de84dbe85f74fb6d'),
  ],
  labelBytes: 1,
  labels: { class: labelField(0, cifar10Classes) },
  mean: [0.4914, 0.4822, 0.4465],
  std: [0.247, 0.2435, 0.2616],
};

/** CIFAR-100's binary version, as https://www.cs.toronto.edu/~kriz/cifar.html describes it. */
export const cifar100Spec: CifarSpec = {
  name: 'cifar100',
  title: 'CIFAR-100',
  archive: {
    name: 'cifar-100-binary.tar.gz',
    url: `${site}/cifar-100-binary.tar.gz`,
    md5: '03b5dce01913d631647c71ecec9e9cb8',
    bytes: 168_513_733,
    folder: 'cifar-100-binary',
  },
  files: [
    file(
      'train.bin',
      'train',
      50_000,
      'sha256',
      'f31298fc616915fa142368359df1c4ca2ae984d6915ca468b998a5ec6aeebf29',
    ),
    file(
      'test.bin',
      'test',
      10_000,
      'sha256',
      'd8b1e6b7b3bee4020055f0699b111f60b1af1e262aeb93a0b659061746f8224a',
    ),
  ],
  labelBytes: 2,
  labels: { fine: labelField(1, cifar100Classes), coarse: labelField(0, cifar100CoarseClasses) },
  mean: [0.50707516, 0.48654887, 0.44091784],
  std: [0.26733429, 0.25643846, 0.27615047],
};
