import { isOverparamError, OverparamError } from '@overparam/errors';

/** What a file system's answer means. */
interface Problem {
  readonly code: string;
  /** Behind "could not be written:". */
  readonly reason: string;
  readonly remedy: string;
}

const elsewhere = 'Choose another folder.';
const denied = {
  code: 'no-permission',
  reason: 'this user may not do so',
  remedy: `Make it yours. ${elsewhere}`,
};
const full = { code: 'disk-full', remedy: 'Free some space there, or choose a folder on another disk.' };

/** Answers where the way out is the user's. */
const problems: Readonly<Record<string, Problem>> = {
  ENOSPC: { ...full, reason: 'the disk is full' },
  EDQUOT: { ...full, reason: 'the part of the disk that is yours is full' },
  EROFS: { code: 'read-only', reason: 'the disk can only be read', remedy: elsewhere },
  EACCES: denied,
  EPERM: denied,
  EEXIST: { code: 'not-a-folder', reason: 'there is a file of that name', remedy: elsewhere },
  ENOTDIR: { code: 'not-a-folder', reason: 'a part of that path is a file', remedy: elsewhere },
  EISDIR: { code: 'not-a-file', reason: 'it is a folder', remedy: 'Give the path of a file.' },
  ENAMETOOLONG: { code: 'name-too-long', reason: 'its name is too long', remedy: 'Choose a shorter path.' },
  EMFILE: {
    code: 'too-many-files',
    reason: 'too many files are open',
    remedy: 'Raise the limit (ulimit -n).',
  },
  EIO: { code: 'disk-failed', reason: 'the disk failed', remedy: 'Check it.' },
};

/** Of making folders alone: elsewhere a file that is missing is a mistake of whoever asks for it. */
const noFolder = { code: 'not-a-folder', reason: 'no folder can be made there', remedy: elsewhere };

/** Answers that come in the middle of work. */
const midway: ReadonlySet<string> = new Set(['disk-full', 'disk-failed']);

/** What was tried, by the name of the system's function. */
const verbs: Readonly<Record<string, string>> = {
  mkdir: 'made',
  open: 'opened',
  scandir: 'listed',
  read: 'read',
  unlink: 'removed',
  rm: 'removed',
};

/**
 * An error of the file system in this project's words, where a user can do something about it; all others as they are.
 *
 * @param error   what was thrown
 * @param folder  where it happened: writing to an open file tells of no path
 * @param resume  how to go on, where work was in progress
 */
export function ownFileProblem(error: unknown, folder: string, resume = ''): unknown {
  if (isOverparamError(error) || !(error instanceof Error)) return error;
  const { code: answer = '', syscall = '', ...where } = error as NodeJS.ErrnoException & { dest?: string };
  // What cannot be given a name is known by that name.
  const path = where.dest ?? where.path ?? folder;
  const problem = answer === 'ENOENT' && syscall === 'mkdir' ? noFolder : problems[answer];
  if (problem === undefined) return error;
  const { code, reason, remedy } = problem;
  const text = `"${path}" could not be ${verbs[syscall] ?? 'written'}: ${reason} (${answer}). ${remedy}`;
  return new OverparamError(code, midway.has(code) ? `${text} ${resume}`.trimEnd() : text, { cause: error });
}
