// `npm run fuzz -- NAME`: runs fuzz/NAME/main.ts on the sources; arguments are passed on.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { main, root, runNode, setup } from './setup.mjs';

const folder = join(root, 'fuzz');
const [name = '', ...rest] = process.argv.slice(2);

await main(async () => {
  const names = readdirSync(folder).filter((each) => existsSync(join(folder, each, 'main.ts')));
  if (!names.includes(name)) {
    console.error(`Usage: npm run fuzz -- NAME [options], NAME one of ${names.join(', ')}.`);
    return 2;
  }
  await setup();
  return runNode([join(folder, name, 'main.ts'), ...rest], { source: true });
});
