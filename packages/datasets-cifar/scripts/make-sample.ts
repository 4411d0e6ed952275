/**
 * Makes the sample that this package ships from the official CIFAR-100 files:
 *
 *     npm run make-sample --prefix packages/datasets-cifar -- --from <data-dir>
 *
 * `<data-dir>/cifar100` holds the official files in any form that the dataset reads. The checksums printed go
 * into `src/sample-spec.ts`.
 */
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readFiles } from '../src/read';
import { packSample } from '../src/sample-codec';
import { samplePath } from '../src/sample-spec';
import { cifar100Spec } from '../src/spec';
import { selectSample } from './select-sample';

const { from } = parseArgs({ options: { from: { type: 'string' } } }).values;
if (from === undefined) throw new Error('Name the folder that holds cifar100/: --from <data-dir>');
// pnpm runs scripts in the package's folder; the user's own is in INIT_CWD.
const dataDir = resolve(process.env.INIT_CWD ?? '.', from);
const parts = selectSample(await readFiles(cifar100Spec, { dataDir }));
for (const [split, records] of Object.entries(parts)) {
  console.log(
    `${split}: ${records.length} bytes, sha256 ${createHash('sha256').update(records).digest('hex')}`,
  );
}
const packed = await packSample(Buffer.concat([parts.train, parts.test]));
await writeFile(samplePath(), packed);
console.log(`${samplePath()}: ${packed.length} bytes`);
