import { defineCommand } from 'citty';
import type { Invocation } from '../invocation';
import { commonOptions, dataOption } from '../options';

/** `overparam doctor`. */
export const doctorCommand = defineCommand({
  meta: { name: 'doctor', description: 'Say what this machine offers: Node, cores, memory, engines, data' },
  args: { ...dataOption, ...commonOptions },
  async run({ args, data }) {
    const { runDoctor } = await import('../run-doctor');
    await runDoctor(args, data as Invocation);
  },
});
