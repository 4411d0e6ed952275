import { join } from 'node:path';
import { loadDefaultPlugins } from '@overparam/config';
import { registered } from '@overparam/plugin';
import { scaffold, scaffoldKinds } from '@overparam/scaffold';
import type { Invocation } from './invocation';

/** Arguments of `overparam new`. */
export interface NewArguments {
  readonly kind: string;
  readonly name: string;
  readonly out?: string;
}

/** Runs `overparam new`. */
export async function runNew(
  { kind, name, out = name }: NewArguments,
  { output }: Invocation,
): Promise<void> {
  await loadDefaultPlugins();
  const isKnown = (text: string): text is keyof typeof scaffoldKinds => Object.hasOwn(scaffoldKinds, text);
  const taken = isKnown(kind) ? registered(kind).map((part) => part.name) : [];
  const written = await scaffold(kind, name, { folder: out, taken });
  const files = written.files.map((file) => `  ${join(out, file)}`).join('\n');
  const next = `overparam compare ${join(out, 'config.yaml')} --out ${join('runs', name)}`;
  output.result(
    { ...written, folder: out },
    `${files}\n\nIt works as it stands. See what it does now:\n  ${next}\nand go on in ${join(out, 'README.md')}.`,
  );
}
