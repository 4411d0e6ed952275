import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isOverparamError, OverparamError } from '@overparam/errors';
import { writeFileAtomic } from '@overparam/files';
import { z } from 'zod';

const taskSchema = z.object({
  label: z.string(),
  seed: z.string(),
  configFile: z.string(),
  folder: z.string(),
});

const submissionSchema: z.ZodType<SubmissionRecord> = z.object({
  version: z.literal(1),
  launcher: z.enum(['slurm', 'kubernetes']),
  id: z.string().regex(/^[0-9a-z-]+$/),
  command: z.object({ file: z.string(), prefix: z.array(z.string()) }),
  dataDir: z.string(),
  extraArguments: z.array(z.string()),
  timeoutSeconds: z.number().positive(),
  signalDelayS: z.number().min(0),
  maxNumTimeout: z.int().min(0),
  tasks: z.array(taskSchema).min(1),
});

/** What the tasks of one array are, as the file `tasks.json` of its folder holds it. Paths are absolute. */
export interface SubmissionRecord {
  readonly version: 1;
  readonly launcher: 'slurm' | 'kubernetes';
  /** A part of the job's name. */
  readonly id: string;
  /** Starts the command line on a node. */
  readonly command: { readonly file: string; readonly prefix: readonly string[] };
  readonly dataDir: string;
  readonly extraArguments: readonly string[];
  /** That a task may take at a time. */
  readonly timeoutSeconds: number;
  /** Seconds before the end of its time at which a task saves its state. */
  readonly signalDelayS: number;
  /** How often a run whose time is up is queued again. */
  readonly maxNumTimeout: number;
  readonly tasks: readonly {
    readonly label: string;
    readonly seed: string;
    readonly configFile: string;
    readonly folder: string;
  }[];
}

/** An array of tasks that was handed to a scheduler. */
export interface Submission extends SubmissionRecord {
  readonly folder: string;
}

/** Where a comparison keeps what it handed to schedulers. */
export function submissionsFolder(out: string): string {
  return join(out, 'launched');
}

/** The name that a scheduler knows a submission by. */
export function jobName(id: string): string {
  return `overparam-${id}`;
}

/** The log of a task, or the pattern of all of them. */
export function logOf(submission: string, index: number | string): string {
  return join(submission, 'logs', `${index}.log`);
}

/** Writes down what is handed to a scheduler, before it is. */
export async function writeSubmission(
  out: string,
  given: Omit<SubmissionRecord, 'version' | 'id'>,
): Promise<Submission> {
  const parent = submissionsFolder(out);
  await mkdir(parent, { recursive: true });
  const number = String((await readdir(parent)).length + 1).padStart(3, '0');
  const id = `${number}-${randomBytes(4).toString('hex')}`;
  const folder = join(parent, id);
  await mkdir(join(folder, 'logs'), { recursive: true });
  await mkdir(join(folder, 'events'));
  const record: SubmissionRecord = { version: 1, id, ...given };
  // Tasks read it to see that theirs is this folder, and not one of the same name on a disk of their own.
  await writeFileAtomic(join(folder, 'probe'), `${id}\n`);
  await writeFileAtomic(join(folder, 'tasks.json'), `${JSON.stringify(record)}\n`);
  return { ...record, folder };
}

/** Reads a submission. @throws OverparamError `invalid-task` */
export async function readSubmission(folder: string): Promise<Submission> {
  try {
    const value: unknown = JSON.parse(await readFile(join(folder, 'tasks.json'), 'utf8'));
    return { ...submissionSchema.parse(value), folder };
  } catch (error) {
    if (isOverparamError(error)) throw error;
    throw new OverparamError(
      'invalid-task',
      `"${folder}" holds no tasks that can be read (${(error as Error).message.slice(0, 200)}). It has to be a folder that ` +
        '`compare --launcher` made, on a file system that this machine shares.',
      { cause: error },
    );
  }
}

/** All submissions of a comparison, the oldest first; what cannot be read is left out. */
export async function submissionsOf(out: string): Promise<Submission[]> {
  const parent = submissionsFolder(out);
  if (!existsSync(parent)) return [];
  const found: Submission[] = [];
  for (const name of (await readdir(parent)).sort()) {
    const submission = await readSubmission(join(parent, name)).catch(() => null);
    if (submission) found.push(submission);
  }
  return found;
}
