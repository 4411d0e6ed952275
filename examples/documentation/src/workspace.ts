import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** The repository's folder. */
export const root = fileURLToPath(new URL('../../..', import.meta.url));

/** A file of the repository. */
export function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** Every page that readers are led to, by its path in the repository. */
export const pages: readonly string[] = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`),
  ...['packages', 'examples'].flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => `${folder}/${name}/README.md`),
  ),
].filter((path) => path.endsWith('.md') && existsSync(join(root, path)));

/** Makes a folder in which a program finds every package of the workspace, as if all of them were installed. */
export function prepareFolder(folder: string): void {
  const modules = join(folder, 'node_modules');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(modules, '@overparam'), { recursive: true });
  for (const name of readdirSync(join(root, 'packages'))) {
    symlinkSync(join(root, 'packages', name), join(modules, '@overparam', name), 'junction');
  }
}

/** Runs Node on the workspace's sources and gives back what it prints. */
export async function runNode(commandArguments: readonly string[], cwd: string): Promise<string> {
  const flags = ['--conditions=@overparam/source', '--import=tsx', ...commandArguments];
  const { stdout } = await promisify(execFile)(process.execPath, flags, { cwd });
  return stdout;
}

/** Runs the command line on the workspace's sources and gives back what it prints. */
export function overparam(commandArguments: readonly string[], cwd: string): Promise<string> {
  return runNode([join(root, 'scripts/cli.mjs'), ...commandArguments], cwd);
}
