import { wasmLayers } from './wasm-layers';
import { wasmTraining } from './wasm-training';

interface Benchmark {
  readonly name: string;
  readonly question: string;
  readonly run: () => Promise<object>;
  /** One line for a person. */
  readonly summary: (result: never) => string;
}

const benchmarks: readonly Benchmark[] = [
  {
    name: 'wasm-training',
    question: 'How much does the fused batch norm speed up training on wasm?',
    run: () => wasmTraining(),
    summary: (result: Awaited<ReturnType<typeof wasmTraining>>) =>
      `ResNet-20, batch ${result.batch}: ${result.stockNorm.toFixed(0)} ms a step with tfjs's batch norm, ` +
      `${result.fusedNorm.toFixed(0)} ms fused (${((1000 * result.batch) / result.fusedNorm).toFixed(0)} images/s), ` +
      `${result.ratio.toFixed(2)} times as fast`,
  },
  {
    name: 'wasm-layers',
    question: 'How fast are the convolutions on wasm, in GFLOP/s: forward, input gradient, filter gradient?',
    run: () => wasmLayers(),
    summary: (result: Awaited<ReturnType<typeof wasmLayers>>) =>
      result
        .map(
          ({ layer, forward, inputGradient, filterGradient }) =>
            `${layer.padEnd(34)} ${[forward, inputGradient, filterGradient].map((speed) => speed.toFixed(1).padStart(6)).join('')}`,
        )
        .join('\n  '),
  },
];

const names = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const json = process.argv.includes('--json');
const unknown = names.find((name) => benchmarks.every((benchmark) => benchmark.name !== name));
if (unknown !== undefined) {
  console.error(
    `There is no benchmark '${unknown}'. There are: ${benchmarks.map(({ name }) => name).join(', ')}.`,
  );
  process.exit(2);
}
const results: Record<string, object> = {};
for (const benchmark of benchmarks) {
  if (names.length > 0 && !names.includes(benchmark.name)) continue;
  if (!json) console.log(`${benchmark.name}: ${benchmark.question}`);
  const result = await benchmark.run();
  results[benchmark.name] = result;
  if (!json) console.log(`  ${benchmark.summary(result as never)}`);
}
if (json) console.log(JSON.stringify(results));
