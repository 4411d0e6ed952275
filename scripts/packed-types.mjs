// Type-checks the TypeScript of every page against the packed packages, under what `tsc --init` makes in a new project: its
// strictest settings, `exactOptionalPropertyTypes` among them, which the sources of the workspace do not have.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from './setup.mjs';

const compiler = join(root, 'node_modules/typescript/bin/tsc');

/** TypeScript of a page: files that it names before their blocks, and the program that the other blocks make up. */
function filesOf(page) {
  const markdown = readFileSync(join(root, page), 'utf8');
  const files = new Map();
  const program = `programs/${page.replaceAll(/[^a-z0-9]+/gi, '-')}.ts`;
  for (const block of markdown.matchAll(/^```ts\n(.*?)^```$/gms)) {
    const before = markdown.slice(0, block.index).trimEnd().split('\n').at(-1);
    const named = before.endsWith(':') ? /`((?:src|test)\/[\w.-]+\.ts)`/.exec(before)?.[1] : undefined;
    const file = named ?? program;
    files.set(file, `${files.get(file) ?? ''}${block[1]}\n`);
  }
  return files;
}

/**
 * Type-checks all pages for users of the packages.
 * @param folder  a project that has every package installed
 * @returns       the compiler's messages, empty where there are none
 */
export function typesOfPages(folder) {
  const project = join(folder, 'pages');
  mkdirSync(project);
  const pages = [
    'README.md',
    ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`),
    ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}/README.md`),
  ].filter((page) => page.endsWith('.md') && existsSync(join(root, page)));
  for (const [file, code] of pages.flatMap((page) => [...filesOf(page)])) {
    mkdirSync(dirname(join(project, file)), { recursive: true });
    writeFileSync(join(project, file), code);
  }
  const tsc = (...commandArguments) =>
    execFileSync(process.execPath, [compiler, ...commandArguments], { cwd: project, encoding: 'utf8' });
  tsc('--init', '--types', 'node', '--module', 'preserve');
  try {
    // vitest and Node's types are the workspace's; everything else is what the project has.
    const paths = { vitest: [join(root, 'node_modules/vitest/dist/index.d.ts')] };
    const own = {
      extends: './tsconfig.json',
      compilerOptions: { paths, typeRoots: [join(root, 'node_modules/@types')] },
    };
    writeFileSync(join(project, 'tsconfig.pages.json'), JSON.stringify(own));
    tsc('--noEmit', '--project', 'tsconfig.pages.json');
    return '';
  } catch (error) {
    return String(error.stdout);
  }
}
