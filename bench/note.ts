/** Between two plain lines, in milliseconds. */
const interval = 10_000;
let last = 0;

/** Shows what is going on: on a terminal in one line that comes and goes, else in a line now and then. Nothing clears it. */
export function note(text: string): void {
  if (process.stderr.isTTY) {
    process.stderr.write(`\r\x1b[K${text}`);
    return;
  }
  if (text === '' || Date.now() - last < interval) return;
  last = Date.now();
  console.error(text);
}
