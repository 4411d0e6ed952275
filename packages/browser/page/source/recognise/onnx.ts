import type { InferenceSession, Tensor } from 'onnxruntime-web';
import webGpuAddress from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url';
import wasmAddress from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import type { Answer, Engine } from './engine';
import { missingWebGpu } from './web-gpu';

/** Channels first, as ONNX has images. */
function channelsFirst(input: Float32Array, [height, width, channels]: readonly number[]): Float32Array {
  const pixels = height! * width!;
  const turned = new Float32Array(input.length);
  for (let pixel = 0; pixel < pixels; pixel++)
    for (let channel = 0; channel < channels!; channel++)
      turned[channel * pixels + pixel] = input[pixel * channels! + channel]!;
  return turned;
}

/** An output of a batch of one, with its channels last. */
function answerOf({ dims, data }: Tensor): Answer {
  const values = data as Float32Array;
  if (dims.length !== 4) return { shape: dims.slice(1), values: values.slice() };
  const [, channels, height, width] = dims as [number, number, number, number];
  const pixels = height * width;
  const turned = new Float32Array(values.length);
  for (let channel = 0; channel < channels; channel++)
    for (let pixel = 0; pixel < pixels; pixel++)
      turned[pixel * channels + channel] = values[channel * pixels + pixel]!;
  return { shape: [height, width, channels], values: turned };
}

type Provider = 'webgpu' | 'wasm';

/** The runtime with what a provider needs, and nothing more. */
async function runtime(provider: Provider) {
  const ort =
    provider === 'webgpu' ? await import('onnxruntime-web/webgpu') : await import('onnxruntime-web/wasm');
  ort.env.wasm.wasmPaths = {
    wasm: new URL(provider === 'webgpu' ? webGpuAddress : wasmAddress, location.href).href,
  };
  // More than one needs headers that servers of static files seldom send.
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = 'error';
  return ort;
}

/** ONNX Runtime on one of its providers. */
export function onnxRuntime(provider: Provider, title: string, missing: Engine['missing']): Engine {
  return {
    name: `onnx-${provider}`,
    title,
    missing,
    async load(networks) {
      const ort = await runtime(provider);
      const sessions: InferenceSession[] = [];
      for (const { folder } of networks)
        sessions.push(
          await ort.InferenceSession.create(`${folder}model.onnx`, { executionProviders: [provider] }),
        );
      return {
        description: `ONNX Runtime ${ort.env.versions.web ?? ''} on ${provider === 'webgpu' ? 'WebGPU' : 'WebAssembly'}`,
        async run(network, input) {
          const session = sessions[network]!;
          const { shape } = networks[network]!;
          const [height, width, channels] = shape;
          const x = new ort.Tensor('float32', channelsFirst(input, shape), [1, channels, height, width]);
          const outputs = await session.run({ [session.inputNames[0]!]: x });
          return session.outputNames.map((name) => answerOf(outputs[name]!));
        },
      };
    },
  };
}

/** In the order in which the page tries them. */
export const onnxEngines: readonly Engine[] = [
  onnxRuntime('webgpu', 'ONNX Runtime, WebGPU', missingWebGpu),
  onnxRuntime('wasm', 'ONNX Runtime, WebAssembly', async () =>
    'WebAssembly' in globalThis ? null : 'This browser has no WebAssembly.',
  ),
];
