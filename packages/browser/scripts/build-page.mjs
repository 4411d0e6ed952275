// Builds the static pages into dist/page: `node scripts/build-page.mjs`. Packages of the workspace are read from their
// sources, so that nothing else need be built before.
import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const cwd = dirname(dirname(fileURLToPath(import.meta.url)));

/** @param commandArguments  of Node; what fails ends this program */
function node(commandArguments) {
  const { status } = spawnSync(process.execPath, commandArguments, { cwd, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

node(['--conditions=@overparam/source', '--import=tsx', 'scripts/sample-pictures.ts']);
node(['node_modules/vite/bin/vite.js', 'build', 'page']);
