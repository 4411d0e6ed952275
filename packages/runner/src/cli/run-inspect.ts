import { useEngine } from '@overparam/engine';
import { inspect, inspectionRows } from '@overparam/formats';
import { inspectSource } from '@overparam/import';
import { columns } from '@overparam/terminal';
import { exitCodes } from './failure';
import type { Invocation } from './invocation';

/** Arguments of `overparam inspect`. */
export interface InspectArguments {
  readonly file: string;
}

/**
 * Runs `overparam inspect`; what is not whole is a mistake, and all that is known of it is printed all the same.
 *
 * @returns the exit code
 */
export async function runInspect({ file }: InspectArguments, { output }: Invocation): Promise<number> {
  await useEngine();
  const source = await inspectSource(file);
  const networks = source ? [source] : await inspect(file);
  const text = networks.map((network) => columns(inspectionRows(network))).join('\n\n');
  output.result({ networks }, text);
  return networks.every(({ checks }) => checks.every(({ ok }) => ok)) ? 0 : exitCodes.mistake;
}
