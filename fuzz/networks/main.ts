import { networks } from '.';

process.exitCode = await networks(process.argv.slice(2));
