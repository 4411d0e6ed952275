// Packs every public package, installs the archives with npm in a folder outside the workspace, as a user would, and
// loads each by `import` and by `require`; then installs some of them by themselves, runs their READMEs' programs there, and
// measures what they bring along.
// Needs the built packages (`pnpm build`) and pnpm on the path.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runReadmes } from './packed-readmes.mjs';
import { typesOfPages } from './packed-types.mjs';
import { main, root } from './setup.mjs';
import { checkSizes, installAlone } from './sizes.mjs';

const windows = process.platform === 'win32';
const call = (command, callArguments, cwd) =>
  execFileSync(command, callArguments, {
    cwd,
    encoding: 'utf8',
    shell: windows,
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 1e8,
    // Run by `npm exec --package`, this script would hand that package down to the npx that it tries.
    env: { ...process.env, npm_config_package: undefined },
  });

/** Every entry point a package offers to code, such as `@overparam/core-reparam/testing`. */
const entryPoints = (manifest) =>
  Object.keys(manifest.publishConfig?.exports ?? manifest.exports)
    .filter((path) => !path.endsWith('.json'))
    .map((path) => manifest.name + path.slice(1));

/**
 * Declarations of packages that name zod: only those of the runner and of run-folder may, so that no other package's users
 * need it.
 */
function typesWithZod(folder, manifests) {
  return manifests
    .filter(({ dependencies }) => !('zod' in (dependencies ?? {})))
    .flatMap(({ name }) => {
      const dist = join(folder, 'node_modules', name, 'dist');
      return readdirSync(dist, { recursive: true, encoding: 'utf8' })
        .filter((file) => /\.d\.c?ts$/.test(file))
        .filter((file) =>
          /from ['"]zod|import\(['"]zod|import ['"]zod/.test(readFileSync(join(dist, file), 'utf8')),
        )
        .map((file) => `${name}/${file}`);
    });
}

/** A project with a method and without the backend for WebAssembly: what is missing is said, and all else works. */
const slimProgram = `
import { expand } from '@overparam/core-reparam';
import { useEngine } from '@overparam/engine';
import { fnl } from '@overparam/method-fnl';
import { parseOptions } from '@overparam/plugin';
const engine = await useEngine();
const refused = await useEngine('wasm').catch((error) => error);
let options;
try { parseOptions(fnl.options, { ranc: 1, rankScale: -1 }, 'fnl'); } catch (error) { options = error.message; }
const note = engine.notes.find((text) => text.startsWith('wasm'));
console.log([engine.name, note, refused.code, refused.message, options].join('\\n'));
`;
const slimOutput = [
  /^cpu$/,
  /^wasm passed over: the package @tensorflow\/tfjs-backend-wasm is not installed \(npm install @tensorflow/,
  /^engine-unavailable$/,
  /^The engine 'wasm' cannot be used: the package @tensorflow\/tfjs-backend-wasm is not installed/,
  /^fnl: unknown option "ranc" \(did you mean "rank"\?\); option "rankScale": Too small: expected number to be >0\.$/,
];

await main(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'overparam-packed-'));
  // Beside the other, not in it: Node would find all packages in a folder above.
  const apart = mkdtempSync(join(tmpdir(), 'overparam-packed-apart-'));
  try {
    const manifests = readdirSync(join(root, 'packages'))
      .map((name) => ({
        path: join(root, 'packages', name),
        ...JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')),
      }))
      .filter((manifest) => !manifest.private);
    const archives = {};
    mkdirSync(join(folder, 'archives'));
    for (const manifest of manifests) {
      const { filename } = JSON.parse(
        call('pnpm', ['pack', '--json', '--pack-destination', join(folder, 'archives')], manifest.path),
      );
      archives[manifest.name] = `file:${filename}`;
    }
    const { peerDependencies } = JSON.parse(
      readFileSync(join(root, 'packages', 'core-reparam', 'package.json'), 'utf8'),
    );
    writeFileSync(
      join(folder, 'package.json'),
      // The overrides let the packages find each other's archives before any version is published.
      JSON.stringify(
        { private: true, dependencies: { ...archives, ...peerDependencies }, overrides: archives },
        null,
        2,
      ),
    );
    const install = (at) => call('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], at);
    install(folder);

    let failures = 0;
    for (const entry of manifests.flatMap(entryPoints)) {
      for (const [kind, flags] of [
        [
          'import',
          [
            '--input-type=module',
            '-e',
            `const m = await import('${entry}'); console.log(Object.keys(m).length)`,
          ],
        ],
        ['require', ['-e', `console.log(Object.keys(require('${entry}')).length)`]],
      ]) {
        try {
          const names = Number(call(process.execPath, flags, folder).trim().split('\n').at(-1));
          if (!(names > 0)) throw new Error('it exports nothing');
          console.log(`${kind.padEnd(7)} ${entry}: ${names} names`);
        } catch (error) {
          failures += 1;
          console.error(`${kind.padEnd(7)} ${entry}: FAILED, ${error.message.split('\n')[0]}`);
        }
      }
    }
    for (const [name, manifest] of manifests.flatMap((manifest) =>
      Object.keys(manifest.bin ?? {}).map((bin) => [bin, manifest]),
    )) {
      // By the package's name too, as messages tell those to call it who may not have it yet.
      const helps = [
        call(join(folder, 'node_modules', '.bin', name), ['--help'], folder),
        call('npx', ['--no-install', manifest.name, '--help'], folder),
      ];
      const named = helps.every((help) => help.includes(name));
      if (!named) failures += 1;
      console.log(
        `command ${name} --help (${manifest.name}): ${named ? 'ok' : 'FAILED, the help does not name the command'}`,
      );
    }
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    const [, program, expected] = /^```ts\n(.*?)^```\n+```text\n(.*?)^```$/ms.exec(readme);
    writeFileSync(join(folder, 'readme.mjs'), program);
    const printed = call(process.execPath, ['readme.mjs'], folder).trim();
    if (!printed.endsWith(expected.trim())) failures += 1;
    console.log(
      `the README's program: ${printed.endsWith(expected.trim()) ? 'ok' : `FAILED, it printed ${printed}`}`,
    );
    // Samples are files of their packages, and scenes are read by a worker, which the built code must find.
    const samples = [
      ['@overparam/datasets-cifar', 'cifar100Sample', '2500', 'console.log(opened.splits.train.size);'],
      [
        '@overparam/datasets-nyuv2',
        'nyuv2Sample',
        '24 12 2 12288',
        `const prepared = await opened.prepare('train', [0, 1].map((index) => ({ index, key: [1, index] })));
         const sizes = Object.values(opened.splits).map(({ size }) => size);
         console.log(...sizes, prepared.length, prepared[0].segmentation.length);`,
      ],
    ];
    for (const [name, dataset, expected, look] of samples) {
      for (const [file, load] of [
        [
          'sample.mjs',
          `import { parseOptions } from '@overparam/plugin'; import { ${dataset} as data } from '${name}';`,
        ],
        [
          'sample.cjs',
          `const { parseOptions } = require('@overparam/plugin'); const { ${dataset}: data } = require('${name}');`,
        ],
      ]) {
        const open = `data.open(parseOptions(data.options), { dataDir: 'data' }).then(async (opened) => {
          ${look}
          await opened.close();
        });`;
        writeFileSync(join(folder, file), `${load}\n${open}\n`);
        const printed = call(process.execPath, [file], folder).trim().split('\n').at(-1);
        if (printed !== expected) failures += 1;
        console.log(
          `${dataset} from ${file}: ${printed === expected ? 'ok' : `FAILED, it printed ${printed}`}`,
        );
      }
    }
    const wrong = typesOfPages(folder);
    if (wrong !== '') failures += 1;
    console.log(
      `types of all pages, as a new project checks them: ${wrong === '' ? 'ok' : `FAILED\n${wrong}`}`,
    );
    const named = typesWithZod(folder, manifests);
    failures += named.length;
    console.log(`declarations without zod: ${named.length === 0 ? 'ok' : `FAILED, ${named.join(', ')}`}`);

    const alone = { archives, tfjs: peerDependencies['@tensorflow/tfjs'], install };
    const slim = installAlone(
      join(apart, 'slim'),
      ['@overparam/core-reparam', '@overparam/method-fnl'],
      alone,
    );
    writeFileSync(join(slim, 'slim.mjs'), slimProgram);
    const lines = call(process.execPath, ['slim.mjs'], slim).trim().split('\n');
    const said = slimOutput.every((pattern, index) => pattern.test(lines[index] ?? ''));
    if (!said) failures += 1;
    console.log(`without the WebAssembly backend: ${said ? 'ok' : `FAILED, it printed ${lines.join('\n')}`}`);
    failures += runReadmes(apart, alone);
    failures += checkSizes(apart, alone);
    return failures === 0 ? 0 : 1;
  } finally {
    for (const path of [folder, apart]) rmSync(path, { recursive: true, force: true });
  }
});
