// `pnpm bench`: runs bench/main.ts on the sources; arguments are passed on.
import { main, runNode, setup } from './setup.mjs';

await main(async () => {
  await setup();
  return runNode(['bench/main.ts', ...process.argv.slice(2)], { source: true });
});
