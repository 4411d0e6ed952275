// Builds every public package and packs it, as it would be published, into a folder: `npm run pack -- FOLDER`. A project
// installs from there until the packages are published: `npm install FOLDER/*.tgz`.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { main, root, SetupError, setup } from './setup.mjs';

const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/**
 * Runs the workspace's pnpm, which npm fetches and puts on the path of what it starts.
 * @param shown  whether what it prints is shown, on stderr
 */
function pnpm(commandArguments, shown) {
  const command = ['exec', '--yes', '--', packageManager, ...commandArguments];
  const { status } = spawnSync('npm', command, {
    cwd: root,
    stdio: ['ignore', shown ? process.stderr : 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (status !== 0) {
    throw new SetupError(
      `\`pnpm ${commandArguments.join(' ')}\` failed. See the messages above; \`npm run pack -- FOLDER\` starts again.`,
    );
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(async () => {
    const [given] = process.argv.slice(2);
    if (given === undefined) throw new SetupError('Name the folder for the archives: npm run pack -- FOLDER');
    await setup();
    const folder = resolve(given);
    mkdirSync(folder, { recursive: true });
    console.error('Building the packages (a few minutes) ...');
    pnpm(['exec', 'turbo', 'run', 'build', '--filter=./packages/*', '--output-logs=errors-only'], true);
    const pack = ['pnpm', 'pack', '--pack-destination', folder];
    pnpm(['--recursive', '--filter=./packages/*', 'exec', ...pack], false);
    const archives = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
    console.log(`${archives.length} archives are in ${folder}. In your project: npm install ${folder}/*.tgz`);
    return 0;
  });
}
