/**
 * Compares a network with its ONNX file in ONNX Runtime; for Node.
 *
 * @packageDocumentation
 */
export { checkOnnx, type OnnxCheck, type OnnxCheckOptions, type OnnxGap } from './check';
export { type OnnxSession, openOnnx } from './session';
