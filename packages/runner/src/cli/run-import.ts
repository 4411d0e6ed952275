import { type EngineName, useEngine } from '@overparam/engine';
import { OverparamError } from '@overparam/errors';
import { checkFolder, type FnlReshape, importNetwork, writeImported } from '@overparam/import';
import { columns } from '@overparam/terminal';
import type { Invocation } from './invocation';
import { toleranceOf } from './run-collapse';

/** Arguments of `overparam import`. */
export interface ImportArguments {
  readonly file: string;
  readonly out?: string;
  readonly as?: string;
  readonly key?: string;
  readonly size?: string;
  readonly epsilon?: string;
  readonly 'fnl-reshape'?: string;
  readonly tolerance?: string;
  readonly engine?: string;
}

function mistake(problem: string): OverparamError {
  return new OverparamError('invalid-option', problem);
}

function sizeOf(text: string | undefined): { readonly size?: readonly [number, number] } {
  if (text === undefined) return {};
  const [, height, width] = /^(\d{1,5})x(\d{1,5})$/.exec(text) ?? [];
  if (Number(height) > 0 && Number(width) > 0) return { size: [Number(height), Number(width)] };
  throw mistake(`--size expects height and width, such as 224x224, and got "${text}".`);
}

function epsilonOf(text: string | undefined): { readonly epsilon?: number } {
  if (text === undefined) return {};
  const epsilon = Number(text);
  if (epsilon > 0 && epsilon < 1) return { epsilon };
  throw mistake(`--epsilon expects a number between 0 and 1, such as 1e-5, and got "${text}".`);
}

/** Runs `overparam import`. */
export async function runImport(args: ImportArguments, { output }: Invocation): Promise<void> {
  if (args.out === undefined)
    throw new OverparamError('usage', 'import: say where to write the network: --out FOLDER.');
  await checkFolder(args.out);
  const options = {
    ...(args.as !== undefined && { architecture: args.as }),
    ...(args.key !== undefined && { key: args.key }),
    ...(args['fnl-reshape'] !== undefined && { fnlReshape: args['fnl-reshape'] as FnlReshape }),
    ...sizeOf(args.size),
    ...epsilonOf(args.epsilon),
    ...toleranceOf(args.tolerance),
  };
  const { notes } = await useEngine((args.engine ?? 'auto') as EngineName | 'auto');
  for (const note of notes) output.say(note);
  const imported = await importNetwork(args.file, options);
  try {
    await writeImported(args.out, imported, args.file);
    const { architecture, role, blocks, gap, settings, ignored, model } = imported;
    const collapsed = Object.entries(blocks).map(([method, count]) => `${count} blocks of ${method}`);
    const parameters = model.countParams();
    const result = {
      architecture,
      role,
      blocks,
      importGap: gap,
      settings,
      ignored,
      parameters,
      folder: args.out,
    };
    output.result(
      result,
      columns([
        ['read as', architecture],
        ...(collapsed.length > 0 ? [['collapsed', collapsed.join(', ')]] : []),
        ...(gap === null ? [] : [['gap to the file itself', gap.toExponential(1)]]),
        ...Object.entries(settings).map(([name, setting]) => [`taken to be: ${name}`, String(setting)]),
        ...(ignored.length > 0 ? [['tensors not needed', String(ignored.length)]] : []),
        ['parameters', parameters.toLocaleString('en')],
        ['written to', args.out],
      ]),
    );
  } finally {
    imported.model.dispose();
  }
}
