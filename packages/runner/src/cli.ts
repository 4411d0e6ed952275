#!/usr/bin/env node
import { interruptions } from '@overparam/terminal/command-line';

// Heard from here on: what comes is loaded only now, and takes up to a second.
const { signal } = interruptions();
// A terminal or a pipe that is gone takes no more text; what is to be saved is saved all the same.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

import('./main')
  .then(({ main }) => main(process.argv.slice(2), signal))
  .then((code) => {
    // Threads of an engine may still wait for work; what was written must be out before the process ends.
    process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
  });
