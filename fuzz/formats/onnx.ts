import { encodeNetworkAsOnnx } from '@overparam/export-onnx';
import { checkOnnx } from '@overparam/export-onnx/node';
import type { FormatCheck } from './format';

/** ONNX, run by ONNX Runtime with its own changes of the graph and without. */
export const onnx: FormatCheck = async (model, inputs, expected, random) => {
  const fixed = model.inputs.every(({ shape }) => shape[0] === null) && random.chance(0.3);
  const network = await encodeNetworkAsOnnx(model, fixed ? { batch: inputs[0]!.shape[0]! } : {});
  const { outputs } = await checkOnnx(network.bytes, network, model, { probes: inputs, expected });
  return Math.max(...outputs.map(({ gap }) => gap));
};
