// `npm start`: sets up and runs both halves of the poster, examples/poster-cifar and examples/poster-nyuv2, then says where
// the page with their figures is; with `--all-methods`, those of examples/all-methods. Arguments go to `overparam compare` of both, such as
// `npm start -- --set epochs=5 --out runs/short`; with `--variant`, the halves that have it are run. The native engine is
// installed before, unless `--no-engine` or the environment's OVERPARAM_NO_ENGINE says to do without: the portable engine
// then runs, also where the native one is installed.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { main, root, runNode, setup } from './setup.mjs';

const all = process.argv.includes('--all-methods');
const usual = all ? 'runs/all-methods' : 'runs/poster';
const title = `Overparameterised training: ${all ? 'every method' : 'the poster'}`;
const halves = ['cifar', 'nyuv2'];

const configOf = (half) =>
  all ? `examples/all-methods/${half}.yaml` : `examples/poster-${half}/config.yaml`;

/** The value of an option given as `--name value` or `--name=value`. */
function optionValue(given, name) {
  const at = given.findIndex((argument) => argument === name || argument.startsWith(`${name}=`));
  if (at < 0) return undefined;
  return given[at].includes('=') ? given[at].slice(name.length + 1) : given[at + 1];
}

/** Arguments without an option and its value. */
function without(given, name) {
  return given.filter(
    (argument, at) => argument !== name && given[at - 1] !== name && !argument.startsWith(`${name}=`),
  );
}

/** Whether a half's config has a variant: a key inside `variants`. */
function hasVariant(half, variant) {
  const [, variants = ''] = readFileSync(join(root, configOf(half)), 'utf8').split(/^variants:$/m);
  return variants.split('\n').some((line) => line === `  ${variant}:`);
}

const isBegun = (folder) => existsSync(folder) && readdirSync(folder).length > 0;

/** From source: the command line is ready in about a second, and no built copy can be older than the source. */
const runSource = (file, ...given) => runNode([file, ...given], { source: true });

/** Compares one half's rows; a comparison that its folder holds goes on. */
async function runHalf(half, out, given) {
  const folder = join(out, half);
  const begun = isBegun(resolve(root, folder));
  // Half a comparison is hours of work on some machines: going on is what a second start means.
  const added = begun && !given.includes('--resume') ? ['--resume'] : [];
  if (begun) console.error(`${folder} holds a comparison already; it goes on where it stopped.`);
  return runSource('scripts/cli.mjs', 'compare', configOf(half), '--out', folder, ...added, ...given);
}

await main(async () => {
  await setup();
  const own = ['--no-engine', '--all-methods'];
  const given = process.argv.slice(2).filter((argument) => !own.includes(argument));
  const skipped = process.argv.includes('--no-engine') || Boolean(process.env.OVERPARAM_NO_ENGINE);
  if (skipped && optionValue(given, '--engine') === undefined) given.push('--engine', 'wasm');
  if (given.includes('--help') || given.includes('-h')) {
    return runSource('scripts/cli.mjs', 'compare', '--help');
  }
  const out = optionValue(given, '--out') ?? usual;
  const rest = without(given, '--out');
  const variant = optionValue(given, '--variant');
  const chosen = variant === undefined ? halves : halves.filter((half) => hasVariant(half, variant));
  // No half has it: the first one's error names those that it has.
  const run = chosen.length > 0 ? chosen : halves.slice(0, 1);
  const engine = optionValue(given, '--engine') ?? 'auto';
  const begun = run.some((half) => isBegun(resolve(root, out, half)));
  // A comparison that has begun goes on with the engine that it has.
  if (!begun && !skipped && ['auto', 'tensorflow'].includes(engine)) {
    const code = await runSource('scripts/engine.mjs');
    if (code !== 0) return code;
  }
  let worst = 0;
  for (const half of run) {
    const code = await runHalf(half, out, rest);
    // A run that failed (1) leaves the other half alone; a mistake in the options or an interruption does not.
    if (code > 1) return code;
    worst = Math.max(worst, code);
  }
  const code = await runSource('scripts/poster-page.mjs', title, resolve(root, out), ...run);
  if (code === 0) console.error(`${run.length > 1 ? 'Both figures' : 'Figure'}: ${join(out, 'report.html')}`);
  if (begun) {
    console.error(
      `To run it all anew, remove ${out}, or write elsewhere: npm start -- ${all ? '--all-methods ' : ''}--out runs/another`,
    );
  }
  return Math.max(worst, code);
});
