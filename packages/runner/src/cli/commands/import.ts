import { choice, StrictCommand, value } from '@overparam/terminal/command-line';
import { invocationOf, type Surroundings } from '../invocation';
import { commonOptions, engineOption } from '../options';
import type { ImportArguments } from '../run-import';

/** `overparam import FILE --out FOLDER`. */
export function importCommand(surroundings: Surroundings): StrictCommand {
  return new StrictCommand('import')
    .summary('Read a network of PyTorch, Keras, TensorFlow.js')
    .description(
      'Read a network of PyTorch, Keras or TensorFlow.js, collapse it where it is expanded, and check it',
    )
    .argument('<FILE>', 'A .pth, .safetensors, .keras or .h5 file, or a model.json')
    .takes(
      value('--out <folder>', 'Folder to write the network to'),
      value(
        '--as <architecture>',
        'What a file of PyTorch holds: repvgg, mobileone, resnet18, resnet50, resnet, resnet50-dilated, deeplabv3-resnet50 (by its names)',
      ),
      value('--key <name>', "The checkpoint's entry to take, such as model_ema"),
      value('--size <height>x<width>', "Size of images (the architecture's own)"),
      value('--epsilon <number>', 'Epsilon of norms, which no file of PyTorch holds (1e-5)'),
      choice(
        '--fnl-reshape <form>',
        ['transposed', 'plain'],
        'How factorised kernels are laid out (transposed)',
      ),
      value('--tolerance <number>', 'Largest gap allowed (1e-4)'),
      engineOption,
      ...commonOptions,
    )
    .examples('overparam import RepVGG-A0-train.pth --as repvgg --out networks/repvgg-a0')
    .does<ImportArguments>(async (given) => {
      const { runImport } = await import('../run-import');
      return runImport(given, invocationOf(surroundings, given));
    });
}
