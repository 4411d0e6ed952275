import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { OverparamError } from '@overparam/errors';

const run = promisify(execFile);

/** A Python that has PyTorch and safetensors. */
export interface Python {
  readonly command: string;
  /** PyTorch's version. */
  readonly torch: string;
}

/** By what was asked for. */
const found = new Map<string, Promise<Python | null>>();

/**
 * A Python with PyTorch: the one that the environment variable `OVERPARAM_PYTHON` names, else `python3` or `python`, which are
 * looked for once; null where there is none.
 *
 * @throws OverparamError `python-missing` where the one that is named has no PyTorch
 */
export async function pythonWithTorch(): Promise<Python | null> {
  const named = process.env.OVERPARAM_PYTHON ?? '';
  if (!found.has(named)) found.set(named, find(named ? [named] : ['python3', 'python']));
  const python = await found.get(named)!;
  if (python || !named) return python;
  throw new OverparamError(
    'python-missing',
    `OVERPARAM_PYTHON names "${named}", which does not run or has no torch and safetensors. Install them there (pip install torch safetensors), or unset it: the tensors alone are compared then.`,
  );
}

async function find(commands: readonly string[]): Promise<Python | null> {
  for (const command of commands) {
    try {
      const { stdout } = await run(
        command,
        ['-c', 'import torch, safetensors.torch; print(torch.__version__)'],
        {
          timeout: 120_000,
        },
      );
      return { command, torch: stdout.trim() };
    } catch {
      // The next one may have it.
    }
  }
  return null;
}

/** Runs a Python file. */
export async function runPython({ command }: Python, given: readonly string[]): Promise<void> {
  await run(command, [...given], { maxBuffer: 2 ** 24 });
}
