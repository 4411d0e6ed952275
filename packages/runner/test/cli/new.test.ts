import { existsSync, readFileSync } from 'node:fs';
import { scaffoldKinds } from '@overparam/scaffold';
import { expect, test } from 'vitest';
import { main } from '../../src/main';
import { catchStreams } from '../support/streams';
import { temporaryFolder } from '../support/tiny';

const path = temporaryFolder();
const { said, object } = catchStreams();

/** The row of each kind's config that has the new part. */
const rowWith: Readonly<Record<string, string>> = {
  method: 'fresh-method',
  routine: 'trirep/fresh-routine',
  dataset: 'repvgg',
  backbone: 'repvgg',
  balancer: 'fresh-balancer',
  task: 'repvgg',
};

test.each(Object.keys(scaffoldKinds))('a new %s trains at once, by the config beside it', async (kind) => {
  const folder = path(kind);
  expect(await main(['new', kind, `fresh-${kind}`, '--out', folder, '--json'])).toBe(0);
  expect(object()).toMatchObject({ kind, name: `fresh-${kind}`, folder });
  const size = ['epochs=1', 'batch=10', 'limit.train=20', 'limit.test=10'];
  const scenes =
    kind === 'balancer' ? ['batch=2', 'limit.train=4', 'limit.test=2', 'dataset.size=[32,32]'] : [];
  const sets = [...size, ...scenes, `label=${rowWith[kind]}`].flatMap((set) => ['--set', set]);
  const config = `${folder}/config.yaml`;
  const out = path(`run-${kind}`);
  expect(await main(['train', config, '--out', out, '--json', '--engine', 'wasm', ...sets]), said()).toBe(0);
  expect(object<{ collapseGap: number }>().collapseGap).toBeLessThan(1e-4);
  expect(readFileSync(`${out}/config.yaml`, 'utf8')).toContain(`fresh-${kind}`);
});

test('a name that is taken, and a kind that is none, are mistakes that leave nothing behind', async () => {
  expect(await main(['new', 'method', 'repvgg', '--out', path('taken')])).toBe(2);
  expect(said()).toContain('There is a method "repvgg" already');
  expect(await main(['new', 'methods', 'mine', '--out', path('taken')])).toBe(2);
  expect(said()).toContain('Did you mean "method"?');
  expect(existsSync(path('taken'))).toBe(false);
});
