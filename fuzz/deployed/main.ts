import { deployed } from '.';

process.exitCode = await deployed(process.argv.slice(2));
