import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nearest, OverparamError } from '@overparam/errors';
import { type ScaffoldKind, scaffoldKinds } from './kinds';
import { readmeOf } from './readme';

/** What {@link scaffold} wrote. */
export interface Scaffolded {
  readonly kind: ScaffoldKind;
  readonly name: string;
  /** Paths of the files from the new folder, sorted. */
  readonly files: readonly string[];
}

/** Where {@link scaffold} writes. */
export interface ScaffoldOptions {
  /** The new folder; it may be there where it is empty. */
  readonly folder: string;
  /** Names that parts of this kind have already. */
  readonly taken?: readonly string[];
}

/** The parts as they stand in this package, which its tests train: in them everything is called `my-part`. */
const parts = fileURLToPath(new URL('../parts', import.meta.url));

const form = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;

/** Names that JavaScript keeps for itself. */
const reserved = new Set(
  (
    'await break case catch class const continue debugger default delete do else enum export extends false finally for ' +
    'function if implements import in instanceof interface let new null package private protected public return static ' +
    'super switch this throw true try typeof var void while with yield options plugin'
  ).split(' '),
);

/**
 * Writes the folder of a new plugin: one part that trains as it stands, its plugin, its test by the conformance kit, a config
 * that compares it, and a page on how to go on. Either all of it is there afterwards or nothing.
 *
 * @param kind  `method`, `routine`, `dataset`, `backbone`, `balancer` or `task`
 * @param name  small letters, digits and hyphens: what configs will call it
 * @throws OverparamError `unknown-kind`, `invalid-name`, `name-taken`, `output-exists`
 * @example
 * await scaffold('method', 'ghost-kernels', { folder: 'ghost-kernels' });
 */
export async function scaffold(kind: string, name: string, options: ScaffoldOptions): Promise<Scaffolded> {
  const known = kindNamed(kind);
  checkName(known, name, options.taken ?? []);
  const folder = resolve(options.folder);
  if (existsSync(folder) && (await readdir(folder)).length > 0) {
    throw new OverparamError(
      'output-exists',
      `The folder "${basename(folder)}" is there and not empty. Choose another --out, or another name.`,
    );
  }
  await mkdir(dirname(folder), { recursive: true });
  const begun = await mkdtemp(`${folder}.part-`);
  try {
    const files = await writeAll(known, name, begun);
    if (existsSync(folder)) await rmdir(folder);
    await rename(begun, folder);
    return { kind: known, name, files };
  } catch (error) {
    await rm(begun, { recursive: true, force: true });
    throw error;
  }
}

function kindNamed(kind: string): ScaffoldKind {
  const kinds = Object.keys(scaffoldKinds);
  if (kinds.includes(kind)) return kind as ScaffoldKind;
  const near = nearest(kind, kinds);
  throw new OverparamError(
    'unknown-kind',
    `There is no new "${kind}" to begin. ${near ? `Did you mean "${near}"?` : `Expected ${kinds.join(', ')}.`}`,
  );
}

function checkName(kind: ScaffoldKind, name: string, taken: readonly string[]): void {
  if (!form.test(name) || reserved.has(name)) {
    throw new OverparamError(
      'invalid-name',
      `"${name}" cannot be the name of a ${kind}: expected small letters, digits and hyphens, such as "my-${kind}".`,
    );
  }
  if (taken.includes(name)) {
    throw new OverparamError(
      'name-taken',
      `There is a ${kind} "${name}" already, and configs know it by that name. Choose another.`,
    );
  }
}

/** `ghost-kernels` becomes `ghostKernels`. */
const camelCase = (name: string) => name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

async function writeAll(kind: ScaffoldKind, name: string, folder: string): Promise<string[]> {
  const { version } = JSON.parse(await readFile(join(parts, '../package.json'), 'utf8')) as {
    version: string;
  };
  const renamed = (text: string) => text.replaceAll('my-part', name).replaceAll('myPart', camelCase(name));
  const files = new Map<string, string>([['README.md', readmeOf(kind, name)]]);
  for (const from of ['common', kind]) {
    const source = join(parts, from);
    for (const entry of await readdir(source, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      const text = renamed(await readFile(path, 'utf8'));
      const own = path.slice(source.length + 1);
      files.set(renamed(own), own === 'package.json' ? text.replaceAll('^0.0.0', `^${version}`) : text);
    }
  }
  for (const [path, text] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return [...files.keys()].map((path) => path.replaceAll('\\', '/')).sort();
}
