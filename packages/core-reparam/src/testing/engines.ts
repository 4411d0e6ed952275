import { type EngineName, isOverparamError, useEngine } from '@overparam/engine';
import type { DefineTest } from '@overparam/plugin/testing';

/** The engines that a kit runs on. */
export type KitEngine = Extract<EngineName, 'wasm' | 'cpu' | 'tensorflow'>;

/**
 * The engines that are there to test on: wasm, cpu, and tensorflow where its library is found. One that is not is named on
 * the terminal, so that nobody takes it for tested.
 */
export async function kitEngines(): Promise<readonly KitEngine[]> {
  const found: KitEngine[] = [];
  for (const engine of ['tensorflow', 'cpu', 'wasm'] as const) {
    try {
      await useEngine(engine);
      found.push(engine);
    } catch (error) {
      if (!isOverparamError(error) || error.code !== 'engine-unavailable') throw error;
      console.warn(`\n*** SKIPPED: nothing is tested on ${engine} here: ${error.message} ***\n`);
    }
  }
  return found.reverse();
}

/**
 * A kit's `test` whose tests run on an engine, and say so in their names.
 *
 * @example
 * for (const engine of await kitEngines()) testMethod(myMethod, { test: onEngine(engine, test) });
 */
export function onEngine(engine: KitEngine, test: DefineTest): DefineTest {
  return (name, body, timeout) =>
    test(
      `on ${engine}: ${name}`,
      async () => {
        await useEngine(engine);
        await body();
      },
      timeout,
    );
}
