export {
  type FlatCall,
  type FlatEnd,
  type FlatNetwork,
  type FlatTensor,
  flattenNetwork,
} from './flat-network';
export { insteadOf } from './instead';
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
export { refuseExpanded, trainingLayer } from './refuse-expanded';
export {
  decodeSafetensors,
  encodeSafetensors,
  type ReadTensor,
  type SafetensorsFile,
  type StoredTensor,
} from './safetensors';
export { decodeSealed, encodeSealed, sha256 } from './sealed-safetensors';
export { encodeTfjs, extraLayersFile, needsExtraLayers, type TfjsFiles } from './tfjs-format';
