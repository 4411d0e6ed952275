// Builds the documentation's site into site/dist: `npm run site`; `-- --no-api` leaves the generated API out.
import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const site = dirname(dirname(fileURLToPath(import.meta.url)));
const root = dirname(site);

/** @param commandArguments  of Node; what fails ends this program */
function node(commandArguments, cwd) {
  const { status } = spawnSync(process.execPath, commandArguments, { cwd, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

const withApi = !process.argv.includes('--no-api');
if (withApi) node(['node_modules/typedoc/bin/typedoc'], root);
node(['--conditions=@overparam/source', '--import=tsx', 'source/generate.ts'], site);
if (withApi) cpSync(join(root, 'docs', 'api'), join(site, '.pages', 'public', 'api'), { recursive: true });
node(['node_modules/vitepress/bin/vitepress.js', 'build'], site);
