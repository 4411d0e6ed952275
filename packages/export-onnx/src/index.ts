/**
 * Writes TensorFlow.js networks as ONNX, without Python; in browsers too.
 *
 * @packageDocumentation
 */
export type { ElementType, GraphEnd } from './encode';
export type { Int8Scales } from './int8';
export { encodeNetworkAsOnnx, type OnnxNetwork, type OnnxOptions, opset } from './network';
export type { Preprocessing } from './preprocessing';
