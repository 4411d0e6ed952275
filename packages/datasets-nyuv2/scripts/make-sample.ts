/**
 * Makes the sample that this package ships from scenes in the pre-processed layout:
 *
 *     npm run make-sample --prefix packages/datasets-nyuv2 -- --from <data-dir>
 *
 * `<data-dir>/nyuv2` holds the 64 + 24 scenes, as folders or as nyuv2-64-24.tar.xz. The checksums printed go into
 * `src/sample-spec.ts`.
 */
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { locate } from '../src/locate';
import { packSample } from '../src/sample-codec';
import { samplePath } from '../src/sample-spec';
import { selectSample } from './select-sample';

const { from } = parseArgs({ options: { from: { type: 'string' } } }).values;
if (from === undefined) throw new Error('Name the folder that holds nyuv2/: --from <data-dir>');
// pnpm runs scripts in the package's folder; the user's own is in INIT_CWD.
const dataDir = resolve(process.env.INIT_CWD ?? '.', from);
const parts = await selectSample(await locate(dataDir, 'auto'));
for (const [split, records] of Object.entries(parts)) {
  console.log(
    `${split}: ${records.length} bytes, sha256 ${createHash('sha256').update(records).digest('hex')}`,
  );
}
const packed = await packSample(Buffer.concat([parts.train, parts.test]));
await writeFile(samplePath(), packed);
console.log(`${samplePath()}: ${packed.length} bytes`);
