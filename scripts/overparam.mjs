// `npm run overparam -- train ...`: the command line, from source.
import { main, runNode, setup } from './setup.mjs';

await main(async () => {
  await setup();
  return runNode(['scripts/cli.mjs', ...process.argv.slice(2)], { source: true });
});
