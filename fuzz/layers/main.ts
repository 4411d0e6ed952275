import { layers } from '.';

process.exitCode = await layers(process.argv.slice(2));
