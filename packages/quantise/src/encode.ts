import { encodeNetworkAsOnnx, type OnnxNetwork, type OnnxOptions } from '@overparam/export-onnx';
import type { Simulation } from './simulation';

/**
 * Writes a simulated network as ONNX: kernels are whole numbers of eight bits by output channel, biases of 32, and activations
 * go through pairs of QuantizeLinear and DequantizeLinear, which runtimes make int8 layers of.
 *
 * @param simulation  all int8
 * @throws OverparamError `unsupported-layer`, `invalid-options`
 */
export function encodeInt8(
  simulation: Simulation,
  options: Omit<OnnxOptions, 'int8'> = {},
): Promise<OnnxNetwork> {
  return encodeNetworkAsOnnx(simulation.model, { ...options, int8: simulation.scalesOf });
}
