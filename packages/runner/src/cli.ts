#!/usr/bin/env node
import { main } from './main';

main(process.argv.slice(2)).then((code) => {
  // Threads of an engine may still wait for work; what was written must be out before the process ends.
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
});
