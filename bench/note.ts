import { statusLine } from '@overparam/terminal';

const status = statusLine(process.stderr);

/** Shows what is going on: on a terminal in one line that comes and goes, else in a line now and then. Nothing clears it. */
export function note(text: string): void {
  if (text === '') status.end();
  else status.show(text, status.isTerminal);
}
