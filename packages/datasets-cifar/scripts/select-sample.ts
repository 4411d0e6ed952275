import { cifar100Classes } from '../src/classes';
import type { SplitFiles } from '../src/records';
import { sampleClasses, samplePerClass } from '../src/sample-spec';
import { cifar100Spec, type OfficialSplit, recordBytes } from '../src/spec';

/** The sample's records, chosen from the complete CIFAR-100: the first of each class, in official order. */
export function selectSample(files: SplitFiles): Record<OfficialSplit, Uint8Array> {
  return { train: select(files.train, samplePerClass.train), test: select(files.test, samplePerClass.test) };
}

function select(files: readonly Uint8Array[], perClass: number): Uint8Array {
  const size = recordBytes(cifar100Spec);
  const { at } = cifar100Spec.labels.fine!;
  const left = new Map(sampleClasses.map((name) => [cifar100Classes.indexOf(name), perClass]));
  const chosen: Uint8Array[] = [];
  for (const file of files) {
    for (let start = 0; start < file.length; start += size) {
      const value = file[start + at]!;
      const open = left.get(value) ?? 0;
      if (open === 0) continue;
      left.set(value, open - 1);
      chosen.push(file.subarray(start, start + size));
    }
  }
  return Buffer.concat(chosen);
}
