import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { readEvents } from '../../../tensorboard/test/support/read-events';
import { main } from '../../src/main';
import { train } from '../../src/run/train';
import { runCommand } from '../support/command';
import { interrupted } from '../support/interrupted';
import { catchStreams } from '../support/streams';
import { temporaryFolder, textOf, tiny } from '../support/tiny';

const path = temporaryFolder();
const { said, printed, object } = catchStreams();

/** Epochs that a run's event file has. */
function epochsIn(run: string): number[] {
  const folder = path(run, 'tensorboard');
  const events = readEvents(readFileSync(`${folder}/${readdirSync(folder)[0]}`));
  return events.filter(({ tags }) => tags.includes('test/class/top1Error')).map(({ step }) => step);
}

test('a run is watched through a stop and to its end, and has its curves and its page', async () => {
  const run = path('run');
  await interrupted({ ...tiny, method: 'trirep' }, run, { epoch: 1 });
  const watching = main(['watch', run, '--json']);
  await vi.waitFor(() => expect(said()).toContain('The run has stopped after epoch 1.'), 60_000);
  const address = /Live page: (\S+)/.exec(said())![1]!;
  expect(await (await fetch(address)).text()).toContain('Stopped: epoch 1 of 3');
  await train({ ...tiny, method: 'trirep' }, { out: run, resume: true, tensorboard: true });
  expect(await watching).toBe(0);
  expect(object()).toMatchObject({ state: 'finished', epochs: 3, done: 3, result: { method: 'trirep' } });
  expect(said()).toMatch(/epoch 3 of 3: loss \d\.\d{4}, top-1 error \d+\.\d\d %, \d+\.\d s/);
  await expect(fetch(address)).rejects.toThrow();
  // Epochs before the flag was given are there, too, and each once.
  expect(epochsIn('run')).toEqual([1, 2, 3]);

  expect(await main(['report', run]), said()).toBe(0);
  expect(printed()).toBe(`Report: ${path('run', 'report.html')}\n`);
  const page = textOf(run, 'report.html');
  expect(page).toContain('The method trirep under the routine joint trains a resnet (depth 8, width 2)');
  expect(page).toContain('24 for training, 10 for testing');
  expect(page).toMatch(
    /numbers, trained[\s\S]*?<tbody><tr><th scope="row">\w+<\/th><td>trirep<\/td><td class="number" data-value="\d+">/,
  );
  expect(page).toMatch(/Made with overparam \S+, TensorFlow\.js 4\.22\.0, Node \d+/);
  // A run of an earlier version says less of itself, and has a page all the same.
  rmSync(path('run', 'about.json'));
  expect(await main(['report', run, '--out', path('old.html'), '--json'])).toBe(0);
  expect(object()).toMatchObject({ report: path('old.html'), result: { method: 'trirep' } });
}, 300_000);

test('a comparison is drawn again as it was, from its own folder', async () => {
  const config = path('compare.yaml');
  const rows = [{ label: 'Plain' }, { label: 'Re-parameterised', method: 'repvgg' }];
  writeFileSync(
    config,
    stringify({ ...tiny, epochs: 1, rows, seeds: [1], layerRecords: { norms: 1, shapes: 'epoch' } }),
  );
  const out = path('compared');
  const making = runCommand('compare', config, '--out', out, '--tensorboard', '--jobs', '2');
  // It is watched from its first file on.
  await vi.waitFor(
    () => expect(existsSync(path('compared', 'configs', 'plain-seed1.yaml'))).toBe(true),
    60_000,
  );
  const watching = main(['watch', out]);
  const made = await making;
  expect(made.code, made.stderr).toBe(0);
  expect(await watching, said()).toBe(0);
  expect(said()).toMatch(/Live page: \S+ \(Ctrl-C ends it, and leaves the comparison alone\)/);
  expect(said()).toMatch(/Plain, seed 1: finished \(\d of 2\); top-1 error \d+\.\d\d %/);
  expect(said()).toMatch(/Re-parameterised, seed 1: finished/);
  expect(printed()).toContain('The comparison is finished. Its page for good: overparam report');
  expect(epochsIn('compared/plain-seed1')).toEqual([1]);
  const before = textOf(out, 'report.html');
  expect(before).toContain('Config of Re-parameterised, seed 1');
  expect(before).toMatch(/Norms of \d+ layers/);
  rmSync(path('compared', 'report.html'));
  expect(await main(['report', out]), said()).toBe(0);
  expect(textOf(out, 'report.html')).toBe(before);
  expect(await main(['watch', out, '--json'])).toBe(0);
  const run = { seed: '1', epochs: 1, state: 'finished', done: 1 };
  expect(object()).toEqual({
    state: 'finished',
    runs: [
      { ...run, label: 'Plain' },
      { ...run, label: 'Re-parameterised' },
    ],
  });
}, 300_000);

test('what cannot be drawn or watched is said, with what to do', async () => {
  writeFileSync(path('file.txt'), 'no run');
  const mistake = async (...words: string[]) => {
    expect(await main(words)).toBe(2);
    return said();
  };
  expect(await mistake('report', path('nothing'))).toContain('holds neither a run nor a comparison.');
  expect(await mistake('watch', path('nothing'))).toContain('is not a run folder: it has no config.yaml.');
  expect(await mistake('watch', path('run'), '--port', '70000')).toContain(
    'from 1 to 65535, and got "70000"',
  );
  rmSync(path('compared', 'compare.json'));
  expect(await mistake('report', path('compared'))).toContain('is not finished: it has no compare.json yet.');
  writeFileSync(path('compared', 'compare.json'), '{"rows": []}');
  expect(await mistake('report', path('compared'))).toContain('it has no records of runs.');
  expect(existsSync(path('nothing'))).toBe(false);
});
