import { kills } from '.';

process.exitCode = await kills(process.argv.slice(2));
