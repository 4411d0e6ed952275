import { mkdirSync, rmSync, watch, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { contentsOf, differencesOf } from './contents';
import { type Case, type Course, comparison, configs, type Moment } from './generate';
import { descendants, kill, start } from './process';

/** Starts that a case may need to end after its kills: runs of a killed comparison take a moment to end. */
const mostStarts = 3;

/** Runs cases in a folder of their own. */
export class Stage {
  private readonly undisturbed = new Map<string, { files: Map<string, string>; course: Course }>();

  /** @param folder  of all cases; must be empty or absent */
  constructor(private readonly folder: string) {
    mkdirSync(folder, { recursive: true });
  }

  /** How an undisturbed run or comparison goes; runs it the first time. */
  async course(command: Case['command'], engine: string, config: number): Promise<Course> {
    return (await this.reference(command, engine, config)).course;
  }

  /** Runs a case; what is then not as if it had not been disturbed. */
  async check(drawn: Case): Promise<string[]> {
    const { command, engine, config, kills } = drawn;
    const { files } = await this.reference(command, engine, config);
    const out = join(this.folder, 'case', 'out');
    rmSync(dirname(out), { recursive: true, force: true });
    for (const { at, whom } of kills) await this.disturb(this.words(drawn, out), out, at, whom);
    for (let starts = 1; ; starts++) {
      const { code, stderr } = await start(this.words(drawn, out)).ended;
      if (code === 0) break;
      if (starts === mostStarts) return [`it does not end: exit code ${code}: ${stderr.slice(-600)}`];
    }
    return differencesOf(files, contentsOf(out));
  }

  private words({ command, engine, config }: Omit<Case, 'kills'>, out: string): string[] {
    const file = join(this.folder, `${command}-${config}.yaml`);
    writeFileSync(file, JSON.stringify({ ...configs[config], ...(command === 'compare' && comparison) }));
    const threads = command === 'compare' ? ['--jobs', '2'] : [];
    const set =
      engine === 'tensorflow' ? ['--set', 'engine={ name: tensorflow, threads: 1 }'] : ['--engine', engine];
    return [command, file, '--out', out, '--resume', ...set, ...threads];
  }

  private async reference(command: Case['command'], engine: string, config: number) {
    const name = `${command}-${engine}-${config}`;
    const known = this.undisturbed.get(name);
    if (known) return known;
    // Of the same name as the cases' folders, which reports may hold.
    const out = join(this.folder, name, 'out');
    rmSync(dirname(out), { recursive: true, force: true });
    const begun = performance.now();
    const events = countEvents(out);
    const { code, stderr } = await start(this.words({ command, engine, config }, out)).ended;
    if (code !== 0) throw new Error(`${name}, undisturbed, ends with ${code}: ${stderr}`);
    const course = { milliseconds: performance.now() - begun, events: events.end() };
    const made = { files: contentsOf(out), course };
    this.undisturbed.set(name, made);
    return made;
  }

  private async disturb(
    words: readonly string[],
    out: string,
    at: Moment,
    whom: 'one' | 'all',
  ): Promise<void> {
    const running = start(words);
    const strike = () => kill(whom === 'one' ? [running.pid] : [running.pid, ...descendants(running.pid)]);
    if ('after' in at) {
      const timer = setTimeout(strike, at.after);
      await running.ended;
      clearTimeout(timer);
    } else {
      const events = countEvents(out, (count) => {
        if (count === at.event) strike();
      });
      await running.ended;
      events.end();
    }
    // A process that the killed one was just starting.
    if (whom === 'all') await sleep(50);
  }
}

/** Counts what happens to files below a folder, which may not be there yet. */
function countEvents(folder: string, tell: (count: number) => void = () => undefined) {
  const above = dirname(folder);
  mkdirSync(above, { recursive: true });
  let count = 0;
  const watcher = watch(above, { recursive: true }, (_kind, name) => {
    if (name?.startsWith(basename(folder))) tell(++count);
  });
  // A folder that is gone before the watcher has looked into it, such as a lock that was held for a moment.
  watcher.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  return {
    end() {
      watcher.close();
      return count;
    },
  };
}
