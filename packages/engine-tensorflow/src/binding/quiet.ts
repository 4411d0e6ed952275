import koffi from 'koffi';

/**
 * Runs something while the process's standard error goes nowhere. TensorFlow tells about itself while it starts, in
 * part before any setting of its logging takes effect; what goes wrong comes as an error, not as a line of its log.
 */
export function quietly<Result>(action: () => Result): Result {
  const libc = koffi.load(null);
  const dup = libc.func('int dup(int file)');
  const dup2 = libc.func('int dup2(int from, int to)');
  const close = libc.func('int close(int file)');
  const open = libc.func('int open(const char *path, int flags)');
  const writeOnly = 1;
  const standardError = 2;
  const kept = dup(standardError) as number;
  const nowhere = open('/dev/null', writeOnly) as number;
  if (kept < 0 || nowhere < 0) return action();
  dup2(nowhere, standardError);
  try {
    return action();
  } finally {
    dup2(kept, standardError);
    close(kept);
    close(nowhere);
  }
}
