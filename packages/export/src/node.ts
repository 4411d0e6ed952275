export { readNetwork, readSafetensors, writeNetwork, writeSafetensors } from './files';
