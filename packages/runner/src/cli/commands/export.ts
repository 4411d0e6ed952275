import { choice, flag, StrictCommand, value } from '@overparam/terminal/command-line';
import { invocationOf, type Surroundings } from '../invocation';
import { allowPluginsOption, commonOptions, engineOption } from '../options';
import type { ExportArguments } from '../run-export';

/** `overparam export RUN --to FORMAT`. */
export function exportCommand(surroundings: Surroundings): StrictCommand {
  return new StrictCommand('export')
    .summary('Write a network for ONNX, PyTorch, TensorFlow')
    .description(
      "Write a run's collapsed network for others, read it back where it will be used, and compare",
    )
    .argument('<RUN>', 'Run folder')
    .takes(
      choice('--to <format>', ['onnx', 'tfjs', 'safetensors', 'saved-model'], 'What it is written as'),
      value('--out <folder>', 'Folder to write to (RUN/exported/FORMAT)'),
      choice(
        '--norms <form>',
        ['auto', 'fold', 'keep'],
        'What becomes of norms; auto keeps them for safetensors alone',
      ),
      value('--batch <number>', 'Examples at a time; left open where it is not given'),
      flag('--preprocessing', 'onnx: take pictures of bytes, and normalise them inside'),
      choice('--names <scheme>', ['overparam', 'torchvision'], 'safetensors: names of tensors'),
      value('--tolerance <number>', 'Largest gap allowed (1e-4)'),
      engineOption,
      allowPluginsOption,
      ...commonOptions,
    )
    .examples('overparam export runs/first --to onnx')
    .does<ExportArguments>(async (given) => {
      const { runExport } = await import('../run-export');
      return runExport(given, invocationOf(surroundings, given));
    });
}
