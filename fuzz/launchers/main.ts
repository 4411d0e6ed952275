import { launchers } from '.';

process.exitCode = await launchers(process.argv.slice(2));
