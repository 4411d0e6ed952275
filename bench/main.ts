import { parseArgs } from 'node:util';
import { columns } from '@overparam/terminal';
import { compare, NoSuchRow } from './compare';
import type { manyRuns } from './many-runs';
import type { cifar100Parity } from './parity';
import { NoData } from './parity/data';
import type { nyuOverfit } from './parity/overfit';
import { PeerSetupError } from './setup.mjs';
import type { trainingOptions } from './training-options';
import type { wasmLayers } from './wasm-layers';
import type { wasmTraining } from './wasm-training';
import type { workersCost } from './workers';
import type { workersNetwork } from './workers-network';

interface Options {
  readonly short: boolean;
  readonly json: boolean;
  readonly turns: number;
}

interface Benchmark {
  readonly name: string;
  readonly question: string;
  readonly run: (options: Options) => Promise<object>;
  /** One line for a person. */
  readonly summary: (result: never) => string;
}

/** Progress: beside the result where that is for a machine. */
const told = (json: boolean, text: string) => (json ? console.error(text) : console.log(`  ${text}`));

/** Run by name. Without a name the comparison with PyTorch runs. */
const benchmarks: readonly Benchmark[] = [
  {
    name: 'cifar100-parity',
    question: 'Does training end where PyTorch ends, from the same weights and on the same batches?',
    run: async ({ short, json }) =>
      (await import('./parity')).cifar100Parity(short, (text) => told(json, text)),
    summary: ({ accuracy, readingShare }: Awaited<ReturnType<typeof cifar100Parity>>) =>
      `mean accuracy ${accuracy.ours.toFixed(2)} % here, ${accuracy.peer.toFixed(2)} % in PyTorch: ` +
      `${accuracy.difference.toFixed(2)} points apart; reading and augmenting took ${(100 * readingShare).toFixed(1)} % of the time`,
  },
  {
    name: 'nyuv2-overfit',
    question:
      'Are eight real scenes learnt by heart as well as in PyTorch, from the same weights and batches?',
    run: async ({ short, json }) =>
      (await import('./parity/overfit')).nyuOverfit(short, (text) => told(json, text)),
    summary: ({ steps, loss, mIoU, spread, runs }: Awaited<ReturnType<typeof nyuOverfit>>) =>
      `mean of ${runs.length} ${runs.length === 1 ? 'run' : 'runs'} after ${steps} steps: ` +
      `a loss of ${loss.ours.toFixed(4)} here, ${loss.peer.toFixed(4)} in PyTorch (${loss.ratio.toFixed(2)} times); ` +
      `mIoU ${mIoU.ours.toFixed(3)} and ${mIoU.peer.toFixed(3)}; from weights that differ by rounding, ` +
      `runs of one seed end up to ${spread.ours.toFixed(2)} times apart here, ${spread.peer.toFixed(2)} in PyTorch`,
  },
  {
    name: 'many-runs',
    question: 'How long does it take to plan, collect and draw a comparison of a thousand runs?',
    run: async ({ short }) => (await import('./many-runs')).manyRuns(short),
    summary: (result: Awaited<ReturnType<typeof manyRuns>>) =>
      `${result.runs} runs in ${result.together.toFixed(1)} s of a processor: planned in ${result.planned.toFixed(1)} s, collected in ` +
      `${result.collected.toFixed(1)} s, drawn in ${result.drawn.toFixed(1)} s, a page of ${(result.page / 2 ** 20).toFixed(1)} MiB; ` +
      `${(result.memory / 2 ** 20).toFixed(0)} MiB at most`,
  },
  {
    name: 'wasm-training',
    question: 'How much does the fused batch norm speed up training on wasm?',
    run: async () => (await import('./wasm-training')).wasmTraining(),
    summary: (result: Awaited<ReturnType<typeof wasmTraining>>) =>
      `ResNet-20, batch ${result.batch}: ${result.stockNorm.toFixed(0)} ms a step with tfjs's batch norm, ` +
      `${result.fusedNorm.toFixed(0)} ms fused (${((1000 * result.batch) / result.fusedNorm).toFixed(0)} images/s), ` +
      `${result.ratio.toFixed(2)} times as fast`,
  },
  {
    name: 'wasm-layers',
    question: 'How fast are the convolutions on wasm, in GFLOP/s: forward, input gradient, filter gradient?',
    run: async () => (await import('./wasm-layers')).wasmLayers(),
    summary: (result: Awaited<ReturnType<typeof wasmLayers>>) =>
      columns(
        result.map(({ layer, forward, inputGradient, filterGradient }) => [
          layer,
          ...[forward, inputGradient, filterGradient].map((speed) => speed.toFixed(1)),
        ]),
        [false, true, true, true],
      ).replaceAll('\n', '\n  '),
  },
  {
    name: 'workers',
    question:
      'How fast do workers of one thread each train a ResNet-50 beside one process with as many threads?',
    run: async () => (await import('./workers')).workersCost(),
    summary: ({
      workers,
      alone,
      together,
      apart,
      ratio,
      sums,
      bytes,
    }: Awaited<ReturnType<typeof workersCost>>) =>
      `${alone.toFixed(0)} ms an update by one process, ${together.toFixed(0)} by ${workers} workers: ${ratio.toFixed(2)} times its ` +
      `images a second; sums of ${(bytes / 1e6).toFixed(1)} MB take ${sums.toFixed(0)} ms by themselves, ${((100 * sums) / together).toFixed(1)} % of an update; ` +
      `without sums an update takes ${apart.toFixed(0)} ms, so they add ${(together - apart).toFixed(0)}`,
  },
  {
    name: 'workers-network',
    question: 'Do sums over a line take what its bandwidth says? (root of Linux with ip and tc)',
    run: async ({ json }) => (await import('./workers-network')).workersNetwork((text) => told(json, text)),
    summary: (rows: Awaited<ReturnType<typeof workersNetwork>>) =>
      columns(
        rows.map(({ gigabits, sums, expected, update }) => [
          gigabits === null ? 'no limit' : `${gigabits} Gbit/s`,
          `sums ${sums.toFixed(0)} ms`,
          expected === null ? '' : `on the line ${expected.toFixed(0)} ms`,
          `an update ${update.toFixed(0)} ms`,
        ]),
        [false, true, true, true],
      ).replaceAll('\n', '\n  '),
  },
  {
    name: 'training-options',
    question: 'What do clipping, averaged weights, mixing, erasing and accumulation add to an update?',
    run: async ({ turns }) => (await import('./training-options')).trainingOptions(turns),
    summary: (result: Awaited<ReturnType<typeof trainingOptions>>) =>
      columns(
        result.map(({ option, milliseconds, ratio, processorRatio }) => [
          option,
          `${milliseconds.toFixed(1)} ms`,
          `${ratio.toFixed(3)} times the plain update`,
          `${processorRatio.toFixed(3)} times its processor time`,
        ]),
        [false, true, true, true],
      ).replaceAll('\n', '\n  '),
  },
];

const usage = `Usage: pnpm bench [--all] [--only PATTERN] [--against DIR] [--turns N] [--json]
       pnpm bench NAME ... [--short] [--json]

Without a name: training and inference here and in PyTorch, in turns.
  --all           every row; by default those that have to reach a ratio
  --only PATTERN  rows with this in their name, * standing for anything, such as 'resnet50 trirep'
  --against DIR   in place of other libraries, another checkout of this project, installed: what did a change cost?
  --turns N       how often the sides take turns, at least 5 for figures to rely on (default 5)
  --json          one JSON object on standard output
By name (--short: a small form of cifar100-parity, one run of nyuv2-overfit): ${benchmarks.map(({ name }) => name).join(', ')}.`;

async function runNamed(names: readonly string[], options: Options): Promise<void> {
  const { json } = options;
  const results: Record<string, object> = {};
  for (const name of names) {
    const benchmark = benchmarks.find((candidate) => candidate.name === name)!;
    if (!json) console.log(`${name}: ${benchmark.question}`);
    const result = await benchmark.run(options);
    results[name] = result;
    if (!json) console.log(`  ${benchmark.summary(result as never)}`);
  }
  if (json) console.log(JSON.stringify(results));
}

function readArguments() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      all: { type: 'boolean', default: false },
      only: { type: 'string' },
      against: { type: 'string' },
      turns: { type: 'string', default: '5' },
      json: { type: 'boolean', default: false },
      short: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const unknown = positionals.find((name) => benchmarks.every((benchmark) => benchmark.name !== name));
  if (unknown !== undefined) throw new Error(`There is no benchmark '${unknown}'.`);
  const turns = Number(values.turns);
  if (!Number.isInteger(turns) || turns < 1) {
    throw new Error(`--turns takes a whole number of at least 1, not '${values.turns}'.`);
  }
  return { names: positionals, ...values, turns };
}

async function run(): Promise<number> {
  let given: ReturnType<typeof readArguments>;
  try {
    given = readArguments();
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    return 2;
  }
  if (given.help) {
    console.log(usage);
    return 0;
  }
  if (given.names.length > 0) {
    return report(() => runNamed(given.names, given));
  }
  const { all, only = null, against = null, turns, json } = given;
  return report(async () => {
    const result = await compare({ all, only, against, turns, json });
    if (json) console.log(JSON.stringify(result));
  });
}

/** Says what is missing without a stack trace; gives the exit code. */
async function report(work: () => Promise<void>): Promise<number> {
  try {
    await work();
    return 0;
  } catch (error) {
    if (error instanceof NoSuchRow || error instanceof PeerSetupError || error instanceof NoData) {
      console.error(error.message);
      return error instanceof NoSuchRow ? 2 : 1;
    }
    throw error;
  }
}

process.exitCode = await run();
