import { gramians } from '.';

process.exitCode = await gramians(process.argv.slice(2));
