export type { JsonValue } from './json';
export {
  decodeNetwork,
  encodeNetwork,
  type NetworkFiles,
  type NetworkMetadata,
  type NetworkRole,
  type ReadNetworkOptions,
  type StoredNetwork,
} from './network';
export {
  decodeSafetensors,
  encodeSafetensors,
  type ReadTensor,
  type SafetensorsFile,
  type StoredTensor,
} from './safetensors';
export { decodeSealed, encodeSealed, sha256 } from './sealed-safetensors';
