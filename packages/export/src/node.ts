export { readNetwork, readSafetensors, writeFileAtomic, writeNetwork, writeSafetensors } from './files';
