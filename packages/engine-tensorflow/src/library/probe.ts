import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';

const program = `
const [koffi, framework, library] = process.argv.slice(1);
const { load } = require(koffi);
const dlopen = load(null).func('void *dlopen(const char *file, int flags)');
for (const file of [framework, library]) dlopen(file, process.platform === 'darwin' ? 0x82 : 0x1002);
process.stdout.write(load(library).func('const char *TF_Version()')());
`;

/**
 * Asks libraries for their version by loading them, in a process of its own: a bad one may end it.
 *
 * @returns null where they cannot be loaded or have no such function
 */
export function probeVersion(framework: string, library: string): Promise<string | null> {
  const koffi = createRequire(import.meta.url).resolve('koffi');
  const options = { timeout: 30_000, env: { ...process.env, NODE_OPTIONS: '' } };
  return new Promise((resolve) => {
    execFile(process.execPath, ['-e', program, koffi, framework, library], options, (_error, stdout) => {
      resolve(/^\d+\.\d+/.test(stdout) ? stdout.trim() : null);
    });
  });
}
