// Makes bench/.venv, the Python environment that the peers run in. Plain Node; runs by itself too: node bench/setup.mjs
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const requirements = fileURLToPath(new URL('./torch/requirements.txt', import.meta.url));
const folder = fileURLToPath(new URL('./.venv', import.meta.url));
const stamp = join(folder, 'overparam-requirements.txt');
const windows = process.platform === 'win32';

/** Says what is missing and how to get it. */
export class PeerSetupError extends Error {}

function call(command, commandArguments, what) {
  // Standard output belongs to the benchmark's results.
  const { error, status } = spawnSync(command, commandArguments, { stdio: ['ignore', 2, 2] });
  if (error) throw new PeerSetupError(`${what}: ${command} did not start (${error.code}).`);
  if (status !== 0) throw new PeerSetupError(`${what} failed (exit code ${status}); see the messages above.`);
}

function findPython() {
  for (const command of ['python3', 'python']) {
    const check = 'import sys, venv; sys.exit(sys.version_info < (3, 10))';
    if (spawnSync(command, ['-c', check], { stdio: 'ignore' }).status === 0) return command;
  }
  throw new PeerSetupError(
    'The comparison needs Python 3.10 or newer with its module venv (on Debian: apt install python3-venv). ' +
      'Or name a Python that has PyTorch in OVERPARAM_BENCH_PYTHON.',
  );
}

/**
 * The Python that runs the peers: OVERPARAM_BENCH_PYTHON, else the one of bench/.venv, which is made first where it is
 * not there yet (a download of some 200 MB, or more where pip chooses PyTorch's CUDA form).
 *
 * @throws PeerSetupError with what to do
 */
export function peerPython() {
  const given = process.env.OVERPARAM_BENCH_PYTHON;
  if (given) return given;
  const python = join(folder, windows ? 'Scripts' : 'bin', windows ? 'python.exe' : 'python');
  const wanted = readFileSync(requirements, 'utf8');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return python;
  console.error('Installing PyTorch into bench/.venv (once; minutes) ...');
  rmSync(folder, { recursive: true, force: true });
  call(findPython(), ['-m', 'venv', folder], 'Making bench/.venv');
  call(python, ['-m', 'pip', 'install', '--quiet', '-r', requirements], 'Installing PyTorch');
  // Written last: an installation that was cut short is begun again.
  writeFileSync(stamp, wanted);
  return python;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log(peerPython());
  } catch (error) {
    if (!(error instanceof PeerSetupError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
