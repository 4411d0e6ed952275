import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Verdict } from './check';
import { processTime } from './measure';

/** Milliseconds after which a case counts as hanging, where its process was at work in them. */
const patience = 20_000;
/** So many times that long a case is waited for that does not get to work: because of the machine, or because it never will. */
const rounds = 15;

type Message = { readonly ready: true } | { readonly verdict: Verdict } | { readonly stray: string };

/** A process that checks cases of one target. */
class Checker {
  private child: ChildProcess | null = null;

  constructor(private readonly target: string) {}

  async check(seed: number): Promise<Verdict> {
    this.child ??= await this.start();
    const child = this.child;
    return new Promise((resolve) => {
      const strays: string[] = [];
      const end = (verdict: Verdict) => {
        clearTimeout(timer);
        child.removeAllListeners();
        resolve(strays.length === 0 ? verdict : { ...verdict, outcome: 'wrong', words: strays.join('; ') });
      };
      const lost = (words: string) => {
        this.child = null;
        child.kill('SIGKILL');
        end({ seed, outcome: 'wrong', words, milliseconds: patience, bytes: 0 });
      };
      const began = processTime(child.pid!);
      const wait = (round: number): NodeJS.Timeout =>
        setTimeout(() => {
          const isAtWork = !(processTime(child.pid!) - began <= patience / 4);
          if (isAtWork || round >= rounds) lost('hangs');
          else timer = wait(round + 1);
        }, patience);
      let timer = wait(1);
      child.on('message', (message: Message) => {
        if ('stray' in message) strays.push(`beside the reading: ${message.stray.slice(0, 300)}`);
        else if ('verdict' in message) end(message.verdict);
      });
      child.on('exit', (code, signal) => lost(`ended the process (${signal ?? code})`));
      child.send(seed);
    });
  }

  private start(): Promise<ChildProcess> {
    const child = fork(fileURLToPath(new URL('./child.ts', import.meta.url)), [this.target], {
      execArgv: ['--expose-gc', '--conditions=@overparam/source', '--import', import.meta.resolve('tsx')],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let said = '';
    child.stderr!.on('data', (data: Buffer) => {
      said = `${said}${data}`.slice(-2000);
    });
    return new Promise((resolve, reject) => {
      child.once('exit', () => reject(new Error(`${this.target}: cannot be checked: ${said}`)));
      child.once('message', () => {
        child.removeAllListeners();
        resolve(child);
      });
    });
  }

  stop(): void {
    this.child?.disconnect();
    this.child = null;
  }
}

/**
 * Checks cases `from` to `to` of a seed on one target. A case that took too long or too much memory is checked again in a
 * new process, as what was before it, or the machine, may have been the reason.
 *
 * @param report  told of each verdict
 */
export async function checkSeries(
  target: string,
  seed: number,
  from: number,
  to: number,
  report: (verdict: Verdict, index: number) => void = () => {},
): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  let checker = new Checker(target);
  try {
    for (let index = from; index < to; index++) {
      const own = seed * 1_000_000 + index;
      let verdict = await checker.check(own);
      for (let again = 0; again < 2 && /^(took|hangs)/.test(verdict.words); again++) {
        checker.stop();
        checker = new Checker(target);
        verdict = await checker.check(own);
      }
      report(verdict, index);
      verdicts.push(verdict);
    }
  } finally {
    checker.stop();
  }
  return verdicts;
}
