import { mutations } from '../mutations';
import { readers } from '.';

process.exitCode = await mutations('readers', readers, process.argv.slice(2));
