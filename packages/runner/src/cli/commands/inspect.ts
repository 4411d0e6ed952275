import { StrictCommand } from '@overparam/terminal/command-line';
import { invocationOf, type Surroundings } from '../invocation';
import { commonOptions } from '../options';
import type { InspectArguments } from '../run-inspect';

/** `overparam inspect FILE`. */
export function inspectCommand(surroundings: Surroundings): StrictCommand {
  return new StrictCommand('inspect')
    .summary('Say what a file of a network is')
    .description(
      'Say what a file or folder of a network is: expanded or collapsed, where it comes from, and whether it is whole',
    )
    .argument(
      '<FILE>',
      'Run or network folder, .onnx, .safetensors, model.json, SavedModel, .pth, .keras or .h5',
    )
    .takes(...commonOptions)
    .examples('overparam inspect runs/first/collapsed')
    .does<InspectArguments>(async (given) => {
      const { runInspect } = await import('../run-inspect');
      return runInspect(given, invocationOf(surroundings, given));
    });
}
