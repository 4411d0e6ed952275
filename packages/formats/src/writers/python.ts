import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A Python that has PyTorch and safetensors. */
export interface Python {
  readonly command: string;
  /** PyTorch's version. */
  readonly torch: string;
}

let found: Promise<Python | null> | null = null;

/**
 * A Python with PyTorch: the one that the environment variable `OVERPARAM_PYTHON` names, else `python3` or `python`; null
 * where there is none. It is looked for once.
 */
export function pythonWithTorch(): Promise<Python | null> {
  found ??= find();
  return found;
}

async function find(): Promise<Python | null> {
  const named = process.env.OVERPARAM_PYTHON;
  for (const command of named ? [named] : ['python3', 'python']) {
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
