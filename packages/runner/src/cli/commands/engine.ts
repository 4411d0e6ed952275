import { defineCommand } from 'citty';
import type { Invocation } from '../invocation';
import { commonOptions } from '../options';

/** `overparam engine install|status|remove`. */
export const engineCommand = defineCommand({
  meta: {
    name: 'engine',
    description: "Install TensorFlow's library for the native engine, or say what is there",
  },
  args: {
    action: { type: 'positional', required: true, description: 'install, status or remove' },
    version: { type: 'string', description: 'Of TensorFlow', valueHint: '2.21.0' },
    gpu: { type: 'boolean', description: 'The CUDA form with NVIDIA libraries (not tried)' },
    from: { type: 'string', description: 'Instead of downloading', valueHint: 'wheel or folder' },
    ...commonOptions,
  },
  async run({ args, data }) {
    const { runEngineCommand } = await import('@overparam/engine-tensorflow/library');
    const { output, signal } = data as Invocation;
    await runEngineCommand(args, { stream: process.stderr, result: output.result, signal });
  },
});
