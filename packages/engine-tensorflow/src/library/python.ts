import { execFile } from 'node:child_process';
import type { Environment } from './cache';

/** Finds the package without importing it, which would take seconds. The working folder is not searched. */
const question = [
  'import sys',
  'sys.path = [entry for entry in sys.path if entry]',
  'from importlib.util import find_spec',
  'found = find_spec("tensorflow")',
  'print("\\n".join(found.submodule_search_locations or []) if found else "")',
].join('\n');

function ask(command: string, environment: Environment): Promise<string[] | null> {
  return new Promise((resolve) => {
    execFile(command, ['-c', question], { env: { ...environment }, timeout: 5_000 }, (error, stdout) => {
      if (error) resolve(null);
      else resolve(stdout.split(/\r?\n/).filter((line) => line !== ''));
    });
  });
}

/**
 * Folders of the `tensorflow` package that the current Python has, without importing it.
 *
 * @returns empty where there is no Python, it has none, or it does not answer within seconds
 */
export async function pythonTensorflow(environment: Environment): Promise<string[]> {
  for (const command of ['python3', 'python']) {
    const answer = await ask(command, environment);
    if (answer !== null) return answer;
  }
  return [];
}
