import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';

const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const main = new URL('../../src/main.ts', import.meta.url).href;

/** The last word of a process of its own that ran a command line: whether TensorFlow.js is loaded in it. */
function loadsTensorFlow(...words: string[]): boolean {
  const program = `const { main } = await import(${JSON.stringify(main)});
await main(${JSON.stringify(words)});
process.stdout.write('\\nloaded: ' + ('_tfengine' in globalThis));`;
  const options = [
    '--conditions=@overparam/source',
    '--import',
    loader,
    '--input-type=module',
    '-e',
    program,
  ];
  const printed = execFileSync(process.execPath, options, { encoding: 'utf8', stdio: 'pipe' });
  return printed.endsWith('loaded: true');
}

test('help does not wait for TensorFlow.js, which takes a second to load; a list needs it', () => {
  expect(loadsTensorFlow('--help')).toBe(false);
  expect(loadsTensorFlow('train', '--help')).toBe(false);
  expect(loadsTensorFlow('list', 'routines')).toBe(true);
});
