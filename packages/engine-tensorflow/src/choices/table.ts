import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { processorFlags } from '../binding/processor';
import { cacheRoot } from '../library/cache';
import { platformOf } from '../library/platform';
import type { Timing } from './question';

/** What timings hold for: on another processor, with another library or other threads another way may be the fastest. */
export interface TimingConditions {
  readonly library: string;
  readonly threads: number;
  readonly processor: string;
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex');

/** The conditions of this process. */
export function conditionsHere(library: string, threads: number): TimingConditions {
  const flags = digest([...processorFlags()].sort().join(' ')).slice(0, 12);
  return { library, threads, processor: `${cpus()[0]?.model ?? process.arch} (${flags})` };
}

/** The file of timings for these conditions, in the cache that the library is in. */
export function timingFile(conditions: TimingConditions): string {
  const folder = join(dirname(cacheRoot(process.env, platformOf())), 'timings');
  return join(folder, `${conditions.library}-${digest(JSON.stringify(conditions)).slice(0, 16)}.json`);
}

/**
 * Timings that are kept in a file from one process to the next. One that is damaged is made again, with a word; where none can
 * be written, each process times for itself.
 */
export class TimingTable {
  private known: Map<string, Timing> | null = null;

  constructor(
    private readonly file: string,
    private readonly conditions: TimingConditions,
    private readonly warn: (text: string) => void = (text) => console.warn(text),
  ) {}

  get(key: string): Timing | null {
    this.known ??= this.read();
    return this.known.get(key) ?? null;
  }

  add(timings: ReadonlyMap<string, Timing>): void {
    // Another process may have added some meanwhile; what this one takes stays as it is.
    const known = new Map([...this.read(), ...(this.known ?? []), ...timings]);
    this.known = known;
    const body = JSON.stringify({ ...this.conditions, timings: Object.fromEntries([...known].sort()) });
    try {
      mkdirSync(dirname(this.file), { recursive: true });
      const unfinished = join(
        dirname(this.file),
        `.${basename(this.file)}.${randomBytes(6).toString('hex')}.part`,
      );
      try {
        writeFileSync(unfinished, JSON.stringify({ sum: digest(body), body }));
        renameSync(unfinished, this.file);
      } catch (error) {
        rmSync(unfinished, { force: true });
        throw error;
      }
    } catch {
      // A cache that cannot be written costs the timing of each process, and nothing else.
    }
  }

  private read(): Map<string, Timing> {
    let text: string;
    try {
      text = readFileSync(this.file, 'utf8');
    } catch {
      return new Map();
    }
    const found = parsed(text);
    if (found !== null) return found;
    this.warn(
      `The timings in ${this.file} are damaged. They are made again, which takes some seconds of the first step.`,
    );
    rmSync(this.file, { force: true });
    return new Map();
  }
}

/** What a file of timings says; null where it is not as it was written. */
function parsed(text: string): Map<string, Timing> | null {
  try {
    const { sum, body } = JSON.parse(text) as { sum: unknown; body: unknown };
    if (typeof body !== 'string' || digest(body) !== sum) return null;
    const { timings } = JSON.parse(body) as { timings: Record<string, Timing> };
    return new Map(Object.entries(timings));
  } catch {
    return null;
  }
}
