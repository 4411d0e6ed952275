import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadDefaultPlugins } from '@overparam/config';
import { type PluginKind, registered } from '@overparam/plugin';
import { docstringOf } from './docstring';
import { errorCodes } from './errors';
import { withLinks } from './links';
import { balancerPage, cell, methodPage, routinePage } from './part-pages';
import { guides, type PageEntry, type Section } from './sections';

// Writes all pages of the site into site/.pages, and its menu beside them, out of what the repository says anyway: guides,
// READMEs, and what plugins say of themselves.

const site = fileURLToPath(new URL('..', import.meta.url));
const root = join(site, '..');
const out = join(site, '.pages');
const read = (file: string) => readFileSync(join(root, file), 'utf8');

await loadDefaultPlugins();

/** The page of a part, by the file that has its README. */
const methodFiles = Object.fromEntries(
  registered('method').map(({ name }) => [
    name,
    `packages/method-${name === 'trirep' ? 'new' : name}/README.md`,
  ]),
);
const entriesOf = (kind: PluginKind, folder: string): PageEntry[] =>
  registered(kind).map(({ name }) => ({ address: `/${folder}/${name}`, title: name }));

const packages = readdirSync(join(root, 'packages')).filter(
  (name) => existsSync(join(root, 'packages', name, 'README.md')) && !name.startsWith('method-'),
);
const listed = new Set(guides.flatMap(({ pages }) => pages.map(({ file }) => file)));
const packagePages = packages
  .map((name) => ({ address: `/packages/${name}`, file: `packages/${name}/README.md`, title: name }))
  .filter(({ file }) => !listed.has(file));
const examplePages = readdirSync(join(root, 'examples'))
  .filter((name) => existsSync(join(root, 'examples', name, 'README.md')))
  .map((name) => ({
    address: `/examples/${name}`,
    file: `examples/${name}/README.md`,
    title: name.replaceAll('-', ' '),
  }));

const sections: readonly Section[] = [
  ...guides,
  { title: 'Examples', pages: examplePages },
  {
    title: 'Methods',
    pages: [{ address: '/methods/', title: 'All methods' }, ...entriesOf('method', 'methods')],
  },
  {
    title: 'Routines',
    pages: [{ address: '/routines/', title: 'All routines' }, ...entriesOf('routine', 'routines')],
  },
  {
    title: 'Balancers',
    pages: [{ address: '/balancers/', title: 'All balancers' }, ...entriesOf('balancer', 'balancers')],
  },
  { title: 'Packages', pages: [{ address: '/packages/', title: 'All packages' }, ...packagePages] },
];

const addresses = new Map<string, string>([
  ['README.md', '/'],
  ['docs/README.md', '/guide/getting-started'],
  ...sections.flatMap(({ pages }) =>
    pages.flatMap(({ file, address }) => (file ? [[file, address] as const] : [])),
  ),
  ...Object.entries(methodFiles).map(([name, file]) => [file, `/methods/${name}`] as const),
]);

function write(address: string, text: string): void {
  const path = join(out, `${address.endsWith('/') ? `${address}index` : address}.md`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${text.trimEnd()}\n`);
}

const linked = (markdown: string, file: string) =>
  withLinks(markdown, file, root, (path) => addresses.get(path));

/** A page that lists the parts of a kind, each with its line. */
function overview(kind: PluginKind, title: string, lead: string, folder: string): string {
  const rows = registered(kind).map(
    ({ name, summary }) => `| [${name}](/${folder}/${name}) | ${cell(summary)} |`,
  );
  return [`# ${title}`, lead, ['| name | what |', '| --- | --- |', ...rows].join('\n')].join('\n\n');
}

/** The exported value of a part in a package, by its name in configs. */
function docstring(folder: string, name: string): string | null {
  const file = join(root, folder, `${name}.ts`);
  const value = name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
  return existsSync(file) ? docstringOf(file, value) : null;
}

const unlisted = readdirSync(join(root, 'docs')).filter(
  (name) => name.endsWith('.md') && !addresses.has(`docs/${name}`),
);
if (unlisted.length > 0)
  throw new Error(`docs/${unlisted[0]} has no place on the site: add it to site/source/sections.ts.`);

rmSync(out, { recursive: true, force: true });
cpSync(join(site, 'pages'), out, { recursive: true });
for (const { pages } of sections)
  for (const { file, address } of pages) if (file !== undefined) write(address, linked(read(file), file));
for (const part of registered('method')) {
  const file = methodFiles[part.name]!;
  const readme = existsSync(join(root, file)) ? linked(read(file), file) : null;
  write(`/methods/${part.name}`, methodPage(part, readme));
}
for (const part of registered('routine'))
  write(`/routines/${part.name}`, routinePage(part, docstring('packages/routines/src', part.name)));
for (const part of registered('balancer'))
  write(`/balancers/${part.name}`, balancerPage(part, docstring('packages/balancers/src', part.name)));
write(
  '/methods/',
  overview(
    'method',
    'Methods',
    'What takes the place of a layer in training. Each collapses into the layer again, exactly; `overparam list methods` prints the same.',
    'methods',
  ),
);
write('/routines/', overview('routine', 'Routines', 'Which parameters move when.', 'routines'));
write(
  '/balancers/',
  overview(
    'balancer',
    'Balancers',
    'How the losses, or the gradients, of several tasks become one update.',
    'balancers',
  ),
);
const described = packages.map((name) => {
  const { description } = JSON.parse(read(`packages/${name}/package.json`)) as { description: string };
  return `| [${name}](${addresses.get(`packages/${name}/README.md`)}) | ${cell(description)} |`;
});
write(
  '/packages/',
  ['# Packages', ['| package | what |', '| --- | --- |', ...described].join('\n')].join('\n\n'),
);
const codes = errorCodes(join(root, 'packages'));
write(
  '/errors',
  [
    '# Error codes',
    'Errors are `OverparamError`s: `code` says which for programs, `message` what was expected, what came and what to do for people. `isOverparamError(error)` tells them from others, also across copies of the library. A message here is the first of those with its code, with dots where a name or a number stands.',
    '| code | thrown by | such as |\n| --- | --- | --- |',
  ].join('\n\n') +
    codes
      .map(({ code, packages, says }) => `\n| \`${code}\` | ${packages.join(', ')} | ${cell(says)} |`)
      .join(''),
);
writeFileSync(join(out, 'menu.json'), `${JSON.stringify(sections, null, 1)}\n`);
console.log(
  `${sections.flatMap(({ pages }) => pages).length + 1} pages in ${sections.length} parts, ${codes.length} error codes`,
);
