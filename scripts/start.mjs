// `npm start`: sets up and runs the comparison of examples/poster-cifar, then says where its report is. Arguments go to
// `overparam compare`, such as `npm start -- --set epochs=5 --out runs/short`. The native engine is installed before,
// unless `--no-engine` or the environment's OVERPARAM_NO_ENGINE says not to.
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { main, root, runNode, setup } from './setup.mjs';

const usual = 'runs/poster-cifar';

/** The value of an option given as `--name value` or `--name=value`. */
function optionValue(given, name) {
  const at = given.findIndex((argument) => argument === name || argument.startsWith(`${name}=`));
  if (at < 0) return undefined;
  return given[at].includes('=') ? given[at].slice(name.length + 1) : given[at + 1];
}

await main(async () => {
  await setup();
  const given = process.argv.slice(2).filter((argument) => argument !== '--no-engine');
  const skipped = given.length < process.argv.length - 2 || Boolean(process.env.OVERPARAM_NO_ENGINE);
  const asked = given.filter((argument) => argument === '--help' || argument === '-h').length > 0;
  const out = optionValue(given, '--out') ?? usual;
  const folder = resolve(root, out);
  const report = join(folder, 'report.html');
  const begun = existsSync(folder) && readdirSync(folder).length > 0;
  const finished = existsSync(report);

  const added = optionValue(given, '--out') === undefined ? ['--out', usual] : [];
  if (begun && !asked && !given.includes('--resume')) {
    // Half a comparison is hours of work on some machines: going on is what a second start means.
    added.push('--resume');
    console.error(`${out} holds a comparison already; it goes on where it stopped.`);
  }
  const engine = optionValue(given, '--engine') ?? 'auto';
  // A comparison that has begun goes on with the engine that it has.
  if (!asked && !begun && !skipped && ['auto', 'tensorflow'].includes(engine)) {
    const code = await runNode(['scripts/engine.mjs'], { source: true });
    if (code !== 0) return code;
  }
  // From source: the command line is ready in about a second, where building the packages first takes half a minute,
  // and a built copy could be older than the source. Types are not needed to run.
  const code = await runNode(
    ['packages/runner/src/cli.ts', 'compare', 'examples/poster-cifar/config.yaml', ...added, ...given],
    { source: true },
  );
  if (asked) return code;
  if (begun && (finished || code !== 0)) {
    console.error(
      `To run the comparison anew, remove ${out}, or write elsewhere: npm start -- --out runs/another`,
    );
  }
  return code;
});
