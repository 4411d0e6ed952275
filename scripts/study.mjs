// `npm run study`: runs the parts of examples/study, or goes on with them, from source, and writes docs/study.md.
import { main, runNode, setup } from './setup.mjs';

await main(async () => {
  await setup();
  return runNode(['examples/study/src/main.ts', ...process.argv.slice(2)], { source: true });
});
