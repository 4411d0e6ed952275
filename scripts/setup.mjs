// Installs the workspace's dependencies on a machine that has only Node and npm. Plain Node, no dependencies:
// it runs before anything is installed.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's folder. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/** Says what happened and what to do, without a stack trace, and ends the process. */
export class SetupError extends Error {}

const offline =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT|ERR_PNPM_META_FETCH_FAIL|ERR_PNPM_NO_OFFLINE/;

/** What to do, by what the installer wrote. */
function remedy(output) {
  if (offline.test(output)) {
    return 'The package registry could not be reached. Check the network, a proxy (`npm config get proxy`) and the registry in use (`npm config get registry`), then run the same command again.';
  }
  if (/ENOSPC/.test(output))
    return 'The disk is full. The installation needs about 1 GB; free some space and run the same command again.';
  if (/EACCES|EPERM|EROFS/.test(output)) {
    return "A folder cannot be written to. Make this folder and npm's cache (`npm config get cache`) yours, then run the same command again.";
  }
  if (/ERR_PNPM_OUTDATED_LOCKFILE/.test(output)) {
    return 'A package.json was changed without pnpm-lock.yaml. Run `npm exec -- pnpm install` once to bring it up to date.';
  }
  return 'See the messages above. If they do not help, remove node_modules and run the same command again.';
}

/** Runs a command with its output shown; resolves to its exit code and what it wrote. */
function show(command, commandArguments, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, commandArguments, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...options,
    });
    let output = '';
    const pass = (from, to) =>
      from.on('data', (chunk) => {
        to.write(chunk);
        output = (output + chunk).slice(-20000);
      });
    // Standard output belongs to what runs after the installation, which may be read by a program.
    pass(child.stdout, process.stderr);
    pass(child.stderr, process.stderr);
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code: signal ? 130 : code, output }));
  });
}

/** How to run npm: the one that runs this script, else the one on the path. */
function npm() {
  const path = process.env.npm_execpath;
  if (path && basename(path) === 'npm-cli.js' && existsSync(path))
    return { command: process.execPath, first: [path], shell: false };
  return { command: 'npm', first: [], shell: process.platform === 'win32' };
}

/** What decides the installed tree: the lock file, pnpm's settings, and the platform of the binaries. */
function fingerprint(manager) {
  const hash = createHash('sha256');
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml']) hash.update(readFileSync(join(root, file)));
  return hash.update(`${manager} ${process.platform} ${process.arch}`).digest('hex');
}

/** Whether each package still has the links to its dependencies, where it has some. */
function linked() {
  if (!existsSync(join(root, 'node_modules', '.modules.yaml'))) return false;
  const packages = join(root, 'packages');
  return readdirSync(packages).every((name) => {
    const file = join(packages, name, 'package.json');
    if (!existsSync(file) || existsSync(join(packages, name, 'node_modules'))) return true;
    const { dependencies, devDependencies } = JSON.parse(readFileSync(file, 'utf8'));
    return dependencies === undefined && devDependencies === undefined;
  });
}

/**
 * Installs what pnpm-lock.yaml names, or does nothing where that is done already.
 * @throws SetupError with what to do
 */
export async function setup() {
  const [major] = process.versions.node.split('.').map(Number);
  if (major < 20) {
    throw new SetupError(
      `Node 20 or newer is needed, this is ${process.version}. Install it from https://nodejs.org and run the same command again.`,
    );
  }
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const stamp = join(root, 'node_modules', '.overparam-setup');
  const wanted = fingerprint(packageManager);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted && linked()) return;

  console.error(`Installing dependencies with ${packageManager} (once; about a minute) ...`);
  const started = Date.now();
  // A stamp from before would hide an installation that stops half-way.
  rmSync(stamp, { force: true });
  const { command, first, shell } = npm();
  const install = [
    'exec',
    '--yes',
    '--',
    packageManager,
    'install',
    '--frozen-lockfile',
    '--reporter=append-only',
  ];
  let result;
  try {
    // CI keeps pnpm from asking whether it may replace a node_modules that another tool made.
    result = await show(command, [...first, ...install], { shell, env: { ...process.env, CI: 'true' } });
  } catch (error) {
    if (error.code === 'ENOENT')
      throw new SetupError(
        'npm was not found on the path. It comes with Node: install Node 20 or newer from https://nodejs.org.',
      );
    throw error;
  }
  if (result.code !== 0) {
    throw new SetupError(`The installation failed (exit code ${result.code}). ${remedy(result.output)}`);
  }
  writeFileSync(stamp, wanted);
  console.error(`Installed in ${((Date.now() - started) / 1000).toFixed(0)} s.\n`);
}

/**
 * Runs Node on a file with the terminal handed over, and gives back its exit code.
 * @param source  whether TypeScript sources of the workspace are loaded, in the process and its children
 */
export function runNode(commandArguments, { source = false, env = {} } = {}) {
  const options = source
    ? `${process.env.NODE_OPTIONS ?? ''} --conditions=@overparam/source --import=tsx`.trim()
    : process.env.NODE_OPTIONS;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, commandArguments, {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, ...(options === undefined ? {} : { NODE_OPTIONS: options }), ...env },
    });
    // Ctrl-C reaches the child too, which saves and ends; this process waits for it.
    const wait = () => {};
    process.on('SIGINT', wait);
    const stop = () => child.kill('SIGTERM');
    process.on('SIGTERM', stop);
    const hangUp = () => child.kill('SIGHUP');
    process.on('SIGHUP', hangUp);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      process.off('SIGINT', wait);
      process.off('SIGTERM', stop);
      process.off('SIGHUP', hangUp);
      resolve(signal ? 130 : code);
    });
  });
}

/** Runs a script's body; a SetupError ends it with a plain message and exit code 1. */
export async function main(body) {
  try {
    process.exitCode = await body();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(`\n${error.message}`);
    process.exitCode = 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(async () => {
    await setup();
    return 0;
  });
}
