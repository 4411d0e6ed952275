import { fileURLToPath } from 'node:url';
import type { CommandLine } from '@overparam/launchers';

/** Node's options of this process; none where they say what to run, as `--eval` does, which a child must not run again. */
function inheritedOptions(): readonly string[] {
  const saysWhatToRun = /^(?:-[epc]|-pe|--(?:eval|print|check|input-type|test|watch|inspect)\b)/;
  return process.execArgv.some((option) => saysWhatToRun.test(option)) ? [] : process.execArgv;
}

/** This package's command line, built, or from source through this process's loader, whatever this process runs. */
export function ownCommandLine(): CommandLine {
  const own = import.meta.url;
  const entry = new URL(own.endsWith('.ts') ? '../cli.ts' : './cli.js', own);
  return { file: process.execPath, prefix: [...inheritedOptions(), fileURLToPath(entry)] };
}
