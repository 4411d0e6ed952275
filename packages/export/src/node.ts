export {
  readNetwork,
  readSafetensors,
  readSealed,
  type WrittenNetwork,
  writeNetwork,
  writeSafetensors,
  writeSealed,
} from './files';
