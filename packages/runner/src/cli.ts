#!/usr/bin/env node
import { main } from './cli/main';

const code = await main(process.argv.slice(2));
// Threads of an engine may still wait for work; what was written must be out before the process ends.
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
