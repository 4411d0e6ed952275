// What packages add to an installation, in bytes, and the limits that they keep.
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Installed beside TensorFlow.js, or without it; source maps, which are for debugging, are not counted. */
const limits = [
  { what: ['@overparam/core-reparam', '@overparam/method-fnl'], beside: true, megabytes: 1.5 },
  { what: ['@overparam/core-reparam', '@overparam/method-repvgg'], beside: true, megabytes: 1.5 },
  { what: ['@overparam/core-reparam', '@overparam/method-new'], beside: true, megabytes: 1.5 },
  { what: ['@overparam/training'], beside: true, megabytes: 20 },
  { what: ['@overparam/dataset-files'], beside: false, megabytes: 1 },
];

function sizeOf(folder) {
  let bytes = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) bytes += sizeOf(path);
    else if (entry.isFile() && !entry.name.endsWith('.map')) bytes += statSync(path).size;
  }
  return bytes;
}

/**
 * Installs packages by npm in a new folder.
 *
 * @returns its path
 */
export function installAlone(folder, names, { archives, tfjs, install }) {
  mkdirSync(folder);
  const wanted = Object.fromEntries(names.map((name) => [name, archives[name]]));
  const dependencies = { ...wanted, ...(tfjs === null ? {} : { '@tensorflow/tfjs': tfjs }) };
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ private: true, dependencies, overrides: archives }),
  );
  install(folder);
  return folder;
}

/**
 * Measures what each limit is about, prints it, and says how many are broken.
 *
 * @param archives  addresses of the packed packages by name
 * @param tfjs      the range of TensorFlow.js that users install
 * @param install   runs `npm install` in a folder
 */
export function checkSizes(root, { archives, tfjs, install }) {
  const tfjsAlone = sizeOf(
    join(installAlone(join(root, 'tfjs'), [], { archives: {}, tfjs, install }), 'node_modules'),
  );
  let broken = 0;
  for (const [index, { what, beside, megabytes }] of limits.entries()) {
    const given = { archives, tfjs: beside ? tfjs : null, install };
    const folder = join(installAlone(join(root, `size-${index}`), what, given), 'node_modules');
    const added = (sizeOf(folder) - (beside ? tfjsAlone : 0)) / 1e6;
    const without = beside || !readdirSync(folder).includes('@tensorflow');
    const ok = added < megabytes && without;
    if (!ok) broken += 1;
    console.log(
      `${what.join(' + ')} ${beside ? 'beside' : 'without'} TensorFlow.js: ${added.toFixed(2)} MB of ${megabytes}${ok ? '' : ' FAILED'}`,
    );
  }
  return broken;
}
