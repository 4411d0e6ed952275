import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const here = fileURLToPath(new URL('.', import.meta.url));

/** Packages by name, which are not all beside this one. */
const workspace: Plugin = {
  name: 'workspace',
  setup({ onResolve }) {
    onResolve({ filter: /^@overparam\/[^/]+$/ }, ({ path }) => ({
      path: join(root, 'packages', path.split('/')[1]!, 'src', 'index.ts'),
    }));
  },
};

/** Bundles code for a page, and says which files of this project are in it and what it wants of Node. */
async function bundled(contents: string): Promise<{ files: string[]; ofNode: string[] }> {
  const { metafile } = await build({
    stdin: { contents, loader: 'ts', resolveDir: here },
    absWorkingDir: root,
    bundle: true,
    write: false,
    metafile: true,
    platform: 'browser',
    conditions: ['@overparam/source'],
    format: 'esm',
    target: 'es2022',
    logLevel: 'silent',
    plugins: [workspace],
  });
  const inputs = Object.entries(metafile.inputs).filter(([path]) => path.startsWith('packages/'));
  const wanted = inputs.flatMap(([, { imports }]) => imports.map(({ path }) => path));
  return {
    files: inputs.map(([path]) => path),
    ofNode: wanted.filter((path) => path.startsWith('node:') || builtinModules.includes(path)),
  };
}

test("README's code is bundled for a page, and wants nothing of Node", async () => {
  const [code] = /(?<=```ts\n).*?(?=```)/s.exec(readFileSync(join(root, 'README.md'), 'utf8'))!;
  expect(code).toContain("from '@overparam/core-reparam'");
  const { files, ofNode } = await bundled(code!);
  for (const name of ['core-reparam/src/expand.ts', 'engine/src/engine.ts', 'method-repvgg/src/method.ts'])
    expect(files).toContain(`packages/${name}`);
  expect(ofNode).toEqual([]);
});

test.each([
  'backbones',
  'balancers',
  'export',
  'layers',
  'method-fnl',
  'method-new',
  'mtl-heads',
  'plugin',
  'regularisers',
  'routines',
  'training',
])('all of %s can be bundled for a page', async (name) => {
  const { files, ofNode } = await bundled(`export * from '@overparam/${name}';`);
  expect(files).toContain(`packages/${name}/src/index.ts`);
  expect(ofNode).toEqual([]);
});
