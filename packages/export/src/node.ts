export {
  readNetwork,
  readSafetensors,
  readSealed,
  writeNetwork,
  writeSafetensors,
  writeSealed,
} from './files';
