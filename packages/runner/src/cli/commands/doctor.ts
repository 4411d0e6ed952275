import { defineCommand } from 'citty';
import type { Invocation } from '../invocation';
import { commonOptions, dataOption, pluginOption } from '../options';

/** `overparam doctor`. */
export const doctorCommand = defineCommand({
  meta: { name: 'doctor', description: 'Say what this machine offers: Node, cores, memory, engines, data' },
  args: { ...dataOption, ...pluginOption, ...commonOptions },
  async run({ args, data }) {
    const { runDoctor } = await import('../run-doctor');
    await runDoctor(args, data as Invocation);
  },
});
