import { OverparamError } from '@overparam/errors';
import { type ProgressStream, type StatusLine, statusLine } from '@overparam/terminal';
import { type InstallProgress, installLibrary } from './install';
import { removeLibrary } from './remove';
import { describeStatus, libraryStatus } from './status';
import { sizeText } from './unpack';

/** Arguments of the command, as both command lines that have it parse them. */
export interface EngineArguments {
  /** install, status or remove. */
  readonly action: string;
  readonly version?: string;
  readonly gpu?: boolean;
  readonly from?: string;
}

/** What a command line offers the command. */
export interface EngineConsole {
  /** Where progress goes: stderr as a rule. */
  readonly stream: ProgressStream;
  /** Takes the command's result, as an object and as lines for a person. */
  result(value: object, text: string): void;
  readonly signal?: AbortSignal;
}

const actions = ['install', 'status', 'remove'];

const verbs = { waiting: 'waiting for', download: 'downloading', unpack: 'unpacking' } as const;

/** One line on how far it is, such as `unpacking libtensorflow_cc.so.2: 43 % of 853 MB`. */
export function progressText({ stage, done, total, what }: InstallProgress): string {
  const begin = `${verbs[stage]} ${what}`;
  if (stage === 'waiting') return `${begin}, which installs the same`;
  if (total === null || total === 0) return done > 0 ? `${begin}: ${sizeText(done)}` : begin;
  return `${begin}: ${Math.floor((100 * done) / total)} % of ${sizeText(total)}`;
}

/** Shows progress; each stage begins at once. */
export function showProgress(status: StatusLine): (progress: InstallProgress) => void {
  let stage: string | null = null;
  return (progress) => {
    status.show(() => progressText(progress), progress.stage !== stage);
    stage = progress.stage;
  };
}

/** Runs `install`, `status` or `remove`. @throws OverparamError `unknown-action`, and what the functions throw */
export async function runEngineCommand(args: EngineArguments, console: EngineConsole): Promise<void> {
  const { action, version, gpu, from } = args;
  const { signal } = console;
  if (!actions.includes(action)) {
    throw new OverparamError('unknown-action', `Unknown action "${action}". Expected ${actions.join(', ')}.`);
  }
  if (action === 'status') {
    const status = await libraryStatus();
    return console.result(status, describeStatus(status));
  }
  if (action === 'remove') {
    const removed = await removeLibrary({ version, gpu, signal });
    const text = removed.folders.map((folder) => `removed ${folder}`);
    if (text.length === 0) text.push('There was nothing to remove.');
    else text.push(`${sizeText(removed.bytes)} are free again.`);
    return console.result(removed, text.join('\n'));
  }
  const status = statusLine(console.stream);
  try {
    const installed = await installLibrary({ version, gpu, from, signal, progress: showProgress(status) });
    status.end();
    const { already, folder } = installed;
    console.result(
      installed,
      `TensorFlow ${installed.version} ${already ? 'was installed already' : 'is installed'} in ${folder}`,
    );
  } finally {
    status.end();
  }
}
