// Writes THIRD_PARTY_NOTICES.md: every package that comes along when a public package of this workspace is installed,
// with the version and the licence found in node_modules. `--check` compares instead and fails where they differ.
import { existsSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { main, root } from './setup.mjs';

const file = join(root, 'THIRD_PARTY_NOTICES.md');
const read = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

/** The installed folder of a dependency as Node would find it from `from`, or null for one that is not installed. */
function locate(name, from) {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name);
    if (existsSync(join(candidate, 'package.json'))) return realpathSync(candidate);
    if (dirname(folder) === folder) return null;
  }
}

/** The licence a package declares; older ones use an object or a list. */
function licenceOf(manifest) {
  const declared = manifest.license ?? manifest.licenses;
  if (typeof declared === 'string') return declared;
  const entries = [declared ?? []].flat().map((entry) => entry.type);
  return entries.length > 0 ? entries.join(' OR ') : 'not declared';
}

/** The copyright lines of a package's licence file. */
function copyrightOf(folder) {
  const name = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (name === undefined) return '';
  const lines = readFileSync(join(folder, name), 'utf8')
    .split('\n')
    .map((line) => line.replace(/^[\s*#/]+/, '').trim());
  const found = lines.filter(
    (line) => /^copyright (\(c\)|©|\d{4})/i.test(line) && !/\[yyyy\]|\{yyyy\}/.test(line),
  );
  const withoutAddresses = found.map((line) =>
    line.replace(/\s*[<(][^<>()]*(@|\bat\b|:\/\/)[^<>]*[>)]/g, ''),
  );
  return [...new Set(withoutAddresses)].slice(0, 3).join('; ').replaceAll('|', '\\|');
}

/** All third-party packages that `folder` depends on, added to `found` by name and version. */
function collect(folder, found) {
  const manifest = read(folder);
  const names = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
  for (const name of names.filter((name) => !name.startsWith('@overparam/'))) {
    const place = locate(name, folder);
    if (place === null) continue;
    const dependency = read(place);
    const key = `${dependency.name}@${dependency.version}`;
    if (found.has(key)) continue;
    found.set(key, { licence: licenceOf(dependency), copyright: copyrightOf(place) });
    collect(place, found);
  }
}

/** Whether sources import a package's values, or a part of it. */
function imports(folder, name) {
  const pattern = new RegExp(`^(?:import|export) (?!type )[^;]*from '${name}['/]|import\\('${name}['/]`, 'm');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .some((file) => pattern.test(readFileSync(join(folder, file), 'utf8')));
}

/**
 * What is copied into a package's build, added to `found` by name and version with the packages that hold it: a
 * development dependency that the sources import is not there when the package is installed, so its build holds it.
 */
function collectCopied(folder, found) {
  const { name: holder, devDependencies = {}, peerDependencies = {} } = read(folder);
  for (const name of Object.keys(devDependencies)) {
    const used = [join(folder, 'src'), join(folder, 'page', 'source')].some(
      (sources) => existsSync(sources) && imports(sources, name),
    );
    if (name.startsWith('@overparam/') || name in peerDependencies || !used) continue;
    const place = locate(name, folder);
    const dependency = read(place);
    const key = `${dependency.name}@${dependency.version}`;
    const entry = found.get(key) ?? {
      licence: licenceOf(dependency),
      copyright: copyrightOf(place),
      holders: [],
    };
    entry.holders.push(holder);
    found.set(key, entry);
  }
}

const row = (cells) => `| ${cells.join(' | ')} |`;

function render() {
  const found = new Map();
  const copied = new Map();
  for (const name of readdirSync(join(root, 'packages'))) {
    const folder = join(root, 'packages', name);
    if (!existsSync(join(folder, 'package.json')) || read(folder).private) continue;
    collect(folder, found);
    collectCopied(folder, copied);
  }
  const rows = [...found].sort(([a], [b]) => (a < b ? -1 : 1));
  const counts = {};
  for (const [, { licence }] of rows) counts[licence] = (counts[licence] ?? 0) + 1;
  const summary = Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1));
  return `# Third-party notices

Packages that are installed along with the packages of this workspace (dependencies and peer dependencies, theirs
included), with the licence that each declares. Their full licence texts come with them, in
\`node_modules\`. Parts of others are copied into published packages: see below. Written by \`scripts/notices.mjs\`;
\`.ci/run\` checks that it is up to date.

| licence | packages |
| --- | --- |
${summary.map(([licence, count]) => `| ${licence} | ${count} |`).join('\n')}

| package | licence | copyright |
| --- | --- | --- |
${rows.map(([key, { licence, copyright }]) => row([key, licence, copyright])).join('\n')}

## Copied into published packages

Builds hold the parts that they use of these, with the licence's text beside them (\`dist/THIRD_PARTY\`) or in front of
the file (\`dist/zod.js\`); pages in a file of their own (\`dist/page/licences.md\`).

| package | licence | copyright | copied into |
| --- | --- | --- | --- |
${[...copied]
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([key, { licence, copyright, holders }]) => row([key, licence, copyright, holders.join(', ')]))
  .join('\n')}

## Data

The sample of images in \`packages/datasets-cifar\` is taken from CIFAR-100 (Alex Krizhevsky, *Learning Multiple Layers of
Features from Tiny Images*, 2009, https://www.cs.toronto.edu/~kriz/cifar.html). Its source and terms are stated in that
package's README.

The sample of scenes in \`packages/datasets-nyuv2\` is taken from NYU Depth V2 (Nathan Silberman, Derek Hoiem, Pushmeet
Kohli, Rob Fergus, *Indoor Segmentation and Support Inference from RGBD Images*, ECCV 2012,
https://cs.nyu.edu/~fergus/datasets/nyu_depth_v2.html). Its source, terms and reduction are stated in that package's
\`data/README.md\`.
`;
}

await main(async () => {
  const text = render();
  if (!process.argv.includes('--check')) {
    writeFileSync(file, text);
    console.log(`Wrote THIRD_PARTY_NOTICES.md.`);
    return 0;
  }
  const written = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const missing = text.split('\n').filter((line) => !written.includes(line));
  if (written === text) {
    console.log('THIRD_PARTY_NOTICES.md is up to date.');
    return 0;
  }
  console.error(
    `THIRD_PARTY_NOTICES.md is out of date; run \`node scripts/notices.mjs\`.\n${missing.slice(0, 20).join('\n')}`,
  );
  return 1;
});
