import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compare } from '@overparam/runner';
import { studyPage } from './page';
import { recordOf, type StudyRecord } from './records';

const here = dirname(dirname(fileURLToPath(import.meta.url)));
const docs = join(here, '..', '..', 'docs');

/** The parts of the study, in the order of the page. */
export const parts = ['resnet-20', 'plain-20', 'nyuv2', 'forms'] as const;

/** Where the record of a part is kept. */
function recordFile(part: string): string {
  return join(docs, 'study', `${part}.json`);
}

/** The records that there are, in the order of the page. */
export function readRecords(): StudyRecord[] {
  return parts.flatMap((part) => {
    const file = recordFile(part);
    return existsSync(file) ? [JSON.parse(readFileSync(file, 'utf8')) as StudyRecord] : [];
  });
}

/** Runs parts of the study into a folder, or goes on with them, and writes their records and the page. */
export async function study(given: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...given],
    allowPositionals: true,
    options: {
      out: { type: 'string', default: 'runs/study' },
      'data-dir': { type: 'string', default: 'data' },
      variant: { type: 'string' },
      jobs: { type: 'string' },
    },
  });
  const chosen = positionals.length > 0 ? positionals : [...parts];
  const unknown = chosen.find((part) => !(parts as readonly string[]).includes(part));
  if (unknown !== undefined) {
    console.error(`There is no part "${unknown}"; the study has ${parts.join(', ')}.`);
    return 2;
  }
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort());
  process.once('SIGTERM', () => controller.abort());
  for (const part of chosen) {
    const variant = values.variant ?? null;
    const out = join(resolve(values.out), variant === null ? part : `${part}-${variant}`);
    const { result, interrupted } = await compare(join(here, `${part}.yaml`), {
      out,
      dataDir: values['data-dir'],
      resume: existsSync(out),
      signal: controller.signal,
      ...(variant !== null && { variant }),
      ...(values.jobs && { jobs: Number(values.jobs) }),
      callbacks: {
        onNote: (text) => console.error(text),
        onRunEnd: ({ label, seed }, outcome, _before, { runsDone, runs }) =>
          console.error(`${label}, seed ${seed}: ${outcome.kind} (${runsDone} of ${runs})`),
      },
    });
    if (interrupted) {
      console.error('Stopped. The same command goes on.');
      return 130;
    }
    mkdirSync(dirname(recordFile(part)), { recursive: true });
    writeFileSync(recordFile(part), `${JSON.stringify(recordOf(part, variant, result))}\n`);
    writeFileSync(join(docs, 'study.md'), studyPage(readRecords()));
  }
  return 0;
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  process.exitCode = await study(process.argv.slice(2));
}
