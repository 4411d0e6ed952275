import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeAll, beforeEach, expect, type MockInstance, test, vi } from 'vitest';
import { main } from '../../src/main';
import { train } from '../../src/run/train';
import { temporaryFolder, textOf, tiny } from '../support/tiny';

const path = temporaryFolder();
let stderr: MockInstance<typeof process.stderr.write>;
const said = () => stderr.mock.calls.map(([text]) => String(text)).join('');

beforeAll(() => train({ ...tiny, epochs: 1 }, { out: path('run') }));
beforeEach(() => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(() => vi.restoreAllMocks());

/** Has the run's config name a plugin that leaves a trace when its code runs. */
function plant(name: string): string {
  const trace = path(`${name}-ran`);
  writeFileSync(
    path('run', `${name}.ts`),
    `import { writeFileSync } from 'node:fs';
import { definePlugin } from '@overparam/plugin';

writeFileSync(${JSON.stringify(trace)}, '');
export const plugin = definePlugin({ name: '${name}', apiVersion: 1 });
`,
  );
  const config = textOf(path('run'), 'config.yaml').replace(/plugins:.*/s, `plugins: [./${name}.ts]\n`);
  writeFileSync(path('run', 'config.yaml'), config);
  // Whoever changes a folder can take its checksums away as well.
  rmSync(path('run', 'SHA256SUMS'), { force: true });
  return trace;
}

test.each(['evaluate', 'verify', 'collapse'])('%s runs no code that a folder names unasked', async (name) => {
  const trace = plant(name);
  expect(await main([name, path('run')])).toBe(2);
  expect(said()).toMatch(new RegExp(`names code to be run: "\\./${name}\\.ts".*--allow-plugins`));
  expect(existsSync(trace)).toBe(false);
  expect(await main([name, path('run'), '--allow-plugins'])).toBe(0);
  expect(said()).toContain(`Running the code of "./${name}.ts"`);
  expect(existsSync(trace)).toBe(true);
});

test('a run without plugins asks for nothing', async () => {
  const config = textOf(path('run'), 'config.yaml').replace(/plugins:.*/s, 'plugins: []\n');
  writeFileSync(path('run', 'config.yaml'), config);
  // Whoever changes a folder can take its checksums away as well.
  rmSync(path('run', 'SHA256SUMS'), { force: true });
  expect(await main(['verify', path('run')])).toBe(0);
  expect(said()).not.toContain('Running the code');
});
