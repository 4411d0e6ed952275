import { mutations } from '../mutations';
import { runFolders } from '.';

process.exitCode = await mutations('run-folders', runFolders, process.argv.slice(2));
