import { defineCommand } from 'citty';
import type { Invocation } from '../invocation';
import { commonOptions, configOptions, dataOption, pluginOption } from '../options';

/** `overparam data get|verify|list [NAME]`. */
export const dataCommand = defineCommand({
  meta: { name: 'data', description: 'Download, check or list datasets' },
  args: {
    action: { type: 'positional', required: true, description: 'get, verify or list' },
    name: { type: 'positional', required: false, description: 'Name of the dataset' },
    set: {
      ...configOptions.set,
      description: "One of the dataset's options; may be given many times",
      valueHint: 'option=value',
    },
    ...dataOption,
    ...pluginOption,
    ...commonOptions,
  },
  async run({ args, data }): Promise<number> {
    const { runData } = await import('../run-data');
    return runData(args, data as Invocation);
  },
});
