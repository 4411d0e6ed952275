export {
  readNetwork,
  readSafetensors,
  readSealed,
  writeFileAtomic,
  writeNetwork,
  writeSafetensors,
  writeSealed,
} from './files';
