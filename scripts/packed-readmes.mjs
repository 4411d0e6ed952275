// Runs the program of a package's README where it is installed by itself, with what the page tells to install and nothing
// else: a project of its own for each page, outside the workspace, from the packed archives.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { tsImport } from 'tsx/esm/api';
import { root } from './setup.mjs';
import { installAlone } from './sizes.mjs';

const { installsOf, missingFrom, programOf } = await tsImport(
  '../examples/documentation/src/page.ts',
  import.meta.url,
);

/** Packages that a user takes one by one: methods, and what networks and tasks are made of. */
const chosen = (name) =>
  name.startsWith('method-') || ['balancers', 'regularisers', 'backbones', 'mtl-heads'].includes(name);

/** Longer than a program of a page takes on a busy machine; one that never ends is a failure. */
const patience = 120_000;

/** What is wrong with a package's README as a project with nothing else would see it; empty where all is well. */
function faultOf(name, apart, { archives, tfjs, install }) {
  const page = readFileSync(join(root, 'packages', name, 'README.md'), 'utf8');
  const program = programOf(page);
  if (program === null) return 'its README has no program';
  const installs = [...installsOf(page)];
  if (!installs.includes(`@overparam/${name}`)) return 'its README does not tell to install it';
  const own = installs.filter((one) => one in archives);
  const wantsTfjs = installs.includes('@tensorflow/tfjs');
  const folder = installAlone(join(apart, `readme-${name}`), own, {
    archives,
    tfjs: wantsTfjs ? tfjs : null,
    install,
  });
  const file = join(folder, 'readme.mts');
  writeFileSync(file, program.code);
  // Types are taken off by the workspace's loader; all packages are the installed ones. A module, so that it may await.
  const loader = pathToFileURL(join(root, 'node_modules/tsx/dist/loader.mjs')).href;
  try {
    const printed = execFileSync(process.execPath, [`--import=${loader}`, file], {
      cwd: folder,
      encoding: 'utf8',
      timeout: patience,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return missingFrom(program, printed)
      .map((promised) => `it promises ${promised} and printed ${printed}`)
      .join('; ');
  } catch (error) {
    return error.stderr || error.message;
  }
}

/**
 * Installs each package by itself, runs its README's program there, and prints how it went.
 *
 * @param apart    a folder for the projects
 * @param options  `archives`, addresses of the packed packages by name; `tfjs`, the range of TensorFlow.js that users install;
 *   `install`, which runs `npm install` in a folder
 * @returns        how many failed
 */
export function runReadmes(apart, options) {
  const names = readdirSync(join(root, 'packages')).filter(chosen);
  return names.filter((name) => {
    const fault = faultOf(name, apart, options);
    console.log(
      `@overparam/${name} alone, its README's program: ${fault === '' ? 'ok' : `FAILED, ${fault}`}`,
    );
    return fault !== '';
  }).length;
}
