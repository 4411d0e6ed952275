/** Shows what is going on, on a terminal only, in one line that comes and goes; nothing clears it. */
export function note(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}
