import { mkdir } from 'node:fs/promises';
import type { ProgressView } from '@overparam/terminal';
import { readConfig } from '../config/read';
import { resolveComparison } from '../config/resolve';
import type { Request } from '../config/rows';
import { lockFolder } from '../run/files';
import { gatherRows } from './collect';
import { physicalCores, runsAtOnce } from './cores';
import { obtainedFrom } from './obtained';
import { writeOutputs } from './output';
import { planRuns } from './plan';
import { checkRows, prepareComparison } from './prepare';
import type { Obtained, Records } from './record';
import { referenceRows } from './references';
import { type Training, trainRuns } from './train-runs';

/** What a comparison is asked for. */
export interface CompareOptions extends Training {
  /** Path of the config. */
  readonly config: string;
  readonly request: Request;
  /** The comparison's folder. */
  readonly out: string;
  /** Go on with a comparison that was interrupted. */
  readonly resume: boolean;
  /** Runs at a time; from cores and threads where absent. */
  readonly jobs?: number;
}

/** What became of a comparison. */
export interface Compared extends Records {
  readonly obtained: Obtained;
  /** Path of the report, or null where the comparison was interrupted. */
  readonly report: string | null;
  readonly failures: number;
  readonly interrupted: boolean;
}

/** Tells of each row that is planned, once planning has taken longer than one waits without a word. */
function planningListener({ line }: ProgressView): (label: string, index: number, rows: number) => void {
  const began = performance.now();
  return (label, index, rows) => {
    if (index === 0 || performance.now() - began > 2000)
      line(`Planning ${label} (${index + 1} of ${rows}) ...`);
  };
}

/**
 * Trains every row of a config with every seed, each run in a process and a folder of its own, and writes
 * `report.html` and `compare.json`. Runs that are finished already are not run again.
 *
 * @throws OverparamError for mistakes in the config and for a folder that cannot be used; a run that fails does not
 *   throw but is part of the result
 */
export async function compare(options: CompareOptions): Promise<Compared> {
  const loaded = await readConfig(options.config);
  const { rows, seeds, reference, improvement, engine } = await resolveComparison(loaded, options.request);
  for (const note of engine.notes) options.view.line(note);
  planRuns(rows, seeds, options.out);
  const tell = planningListener(options.view);
  const planned = await checkRows(rows, options.dataDir, options.signal, tell);
  const references = referenceRows(reference, planned.tasks);
  if (references.length > 0) await checkRows(references, options.dataDir, options.signal, tell);
  const runs = planRuns([...rows, ...references], seeds, options.out);
  await mkdir(options.out, { recursive: true });
  const lock = await lockFolder(options.out, { note: options.view.line, signal: options.signal });
  try {
    await prepareComparison(options.out, runs, loaded, options.resume);
    const cores = physicalCores();
    const singleThreaded = engine.name === 'wasm' || engine.name === 'cpu';
    const threads = rows[0]!.engine.threads ?? (singleThreaded ? 1 : null);
    const atOnce = options.jobs ?? runsAtOnce(runs.length, cores, threads);
    const machine = { engine, cores, runsAtOnce: Math.min(atOnce, runs.length) };
    const obtained = obtainedFrom(
      loaded,
      options.request.variant,
      rows,
      seeds,
      planned,
      improvement,
      machine,
    );
    const signal = AbortSignal.any([options.signal, lock.lost]);
    const outcomes = await trainRuns(runs, atOnce, planned.session.updates, { ...options, signal });
    await lock.check();
    const records = await gatherRows([...rows, ...references], runs, outcomes);
    const compared: Records = { rows: records.slice(0, rows.length), references: records.slice(rows.length) };
    const interrupted = options.signal.aborted;
    return {
      ...compared,
      obtained,
      report: interrupted ? null : await writeOutputs(options.out, compared, obtained, runs),
      failures: records.reduce((sum, record) => sum + record.failures.length, 0),
      interrupted,
    };
  } finally {
    await lock.release();
  }
}
