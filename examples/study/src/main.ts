import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isOverparamError, OverparamError } from '@overparam/errors';
import { compare } from '@overparam/runner';
import { finishedRuns, keepRuns, keptRuns, layRuns } from './kept-runs';
import { type ClosedParts, studyPage } from './page';
import { recordOf, type StudyRecord } from './records';

const here = dirname(dirname(fileURLToPath(import.meta.url)));

/** The parts of the study, in the order of the page. */
export const parts = ['resnet-20', 'plain-20', 'nyuv2', 'forms-plain'] as const;

/** Parts that have decided and cannot be run any more: the commit that runs them, and what has changed since. */
export const closed: ClosedParts = {
  forms: {
    commit: '049e888',
    since:
      'What was not better here was taken out afterwards. The frame that whitens stayed and changed: in training too it follows a covariance that runs along, where here it followed the batch alone, which was worse in batches of few images.',
  },
};

/** Where the page, its records and its runs are kept. */
const usualDocs = join(here, '..', '..', 'docs');

/** The records that there are, in the order of the page. */
export function readRecords(folder = usualDocs): StudyRecord[] {
  return [...parts, ...Object.keys(closed)].flatMap((part) => {
    const file = join(folder, 'study', `${part}.json`);
    return existsSync(file) ? [JSON.parse(readFileSync(file, 'utf8')) as StudyRecord] : [];
  });
}

/** What a start of the study was told. */
interface Given {
  readonly out: string;
  readonly dataDir: string;
  readonly docs: string;
  readonly variant: string | null;
  readonly fresh: boolean;
  readonly set: readonly string[];
  readonly jobs: number | undefined;
  readonly signal: AbortSignal;
}

/** Runs one part, or goes on with it, and writes what there is of it; false where it was stopped. */
async function studyPart(part: string, given: Given): Promise<boolean> {
  const { variant, docs, signal } = given;
  const name = variant === null ? part : `${part}-${variant}`;
  const out = join(given.out, name);
  const kept = join(docs, 'study', `${name}.runs.jsonl.gz`);
  if (given.fresh && existsSync(out))
    throw new OverparamError(
      'output-exists',
      `--fresh trains every run anew, and ${out} holds some already. Choose another --out, or leave --fresh out to go on.`,
    );
  const laid = given.fresh ? 0 : layRuns(out, keptRuns(kept));
  if (laid > 0)
    console.error(`${name}: ${laid} finished runs are taken from ${kept} (--fresh trains them anew).`);
  let runs = 0;
  const { result, interrupted } = await compare(join(here, `${part}.yaml`), {
    out,
    dataDir: given.dataDir,
    resume: existsSync(out),
    signal,
    set: given.set,
    ...(variant !== null && { variant }),
    ...(given.jobs && { jobs: given.jobs }),
    callbacks: {
      onNote: (text) => console.error(text),
      onRunEnd: ({ label, seed }, { kind }, before, standings) => {
        runs = standings.runs;
        if (before) return;
        console.error(`${label}, seed ${seed}: ${kind} (${standings.runsDone} of ${standings.runs})`);
        if (kind === 'finished') keepRuns(kept, finishedRuns(out));
      },
    },
  });
  const finished = finishedRuns(out);
  // A start that was stopped early has not come to all that earlier ones finished.
  const underway = interrupted ? { runsDone: finished.length, runs } : null;
  const record = recordOf({ part, variant, set: given.set, underway }, result, finished);
  mkdirSync(join(docs, 'study'), { recursive: true });
  writeFileSync(join(docs, 'study', `${part}.json`), `${JSON.stringify(record)}\n`);
  writeFileSync(join(docs, 'study.md'), studyPage(readRecords(docs), closed));
  return !interrupted;
}

/** Runs parts of the study, or goes on with them, and writes their records and the page. */
export async function study(given: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...given],
    allowPositionals: true,
    options: {
      out: { type: 'string', default: 'runs/study' },
      'data-dir': { type: 'string', default: 'data' },
      docs: { type: 'string', default: usualDocs },
      variant: { type: 'string' },
      set: { type: 'string', multiple: true, default: [] },
      fresh: { type: 'boolean', default: false },
      jobs: { type: 'string' },
    },
  });
  const chosen = positionals.length > 0 ? positionals : [...parts];
  const decided = chosen.find((part) => part in closed);
  if (decided !== undefined) {
    console.error(
      `The part "${decided}" has decided, and what lost there was taken out. Its record is in docs/study; commit ${closed[decided]!.commit} runs it again.`,
    );
    return 2;
  }
  const unknown = chosen.find((part) => !(parts as readonly string[]).includes(part));
  if (unknown !== undefined) {
    console.error(`There is no part "${unknown}"; the study has ${parts.join(', ')}.`);
    return 2;
  }
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort());
  for (const part of chosen) {
    const whole = await studyPart(part, {
      out: resolve(values.out),
      dataDir: values['data-dir'],
      docs: resolve(values.docs),
      variant: values.variant ?? null,
      fresh: values.fresh,
      set: values.set,
      jobs: values.jobs === undefined ? undefined : Number(values.jobs),
      signal: controller.signal,
    });
    if (!whole) {
      console.error('Stopped. The same command goes on.');
      return 130;
    }
  }
  return 0;
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  process.exitCode = await study(process.argv.slice(2)).catch((error: unknown) => {
    if (!isOverparamError(error)) throw error;
    console.error(`Error: ${error.message}`);
    if (error.code === 'run-differs')
      console.error('Runs of a config as it was before are kept in docs/study; --fresh leaves them aside.');
    return 2;
  });
}
