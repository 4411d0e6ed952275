import { formatsCommand } from '.';

process.exitCode = await formatsCommand(process.argv.slice(2));
