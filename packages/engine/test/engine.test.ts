import { isOverparamError } from '@overparam/errors';
import * as tf from '@tensorflow/tfjs';
import { expect, test, vi } from 'vitest';
import { installTraining, useEngine } from '../src';

// Whatever the machine has: a home without an installation, and a path without Python.
vi.stubEnv('OVERPARAM_TENSORFLOW', '');
vi.stubEnv('XDG_CACHE_HOME', '/nowhere');
vi.stubEnv('PATH', '/nowhere');

async function rejection(promise: Promise<unknown>): Promise<{ code: string; message: string }> {
  const error = await promise.then(() => null, (reason: unknown) => reason); // biome-ignore format: one expression
  if (!isOverparamError(error)) throw new Error(`expected an OverparamError, got ${String(error)}`);
  return error;
}

test('auto takes wasm here and says what it passed over, silently', async () => {
  const spies = (['log', 'warn', 'info', 'error'] as const).map((name) => vi.spyOn(console, name));
  const engine = await useEngine();
  expect(engine).toMatchObject({ name: 'wasm', requested: 'auto', compiles: false });
  expect(engine.notes.map((note) => note.split(' ')[0])).toEqual(['tensorflow', 'webgpu']);
  expect(engine.notes[0]).toMatch(/^[^\n]* npx @overparam\/engine-tensorflow install[^\n]*$/);
  expect(tf.getBackend()).toBe('wasm');
  await useEngine('cpu');
  tf.square(tf.tensor1d([1, 2])).dataSync();
  for (const spy of spies) {
    expect(spy).not.toHaveBeenCalled();
    spy.mockRestore();
  }
});

test('is idempotent and moves between engines', async () => {
  for (const name of ['wasm', 'cpu', 'wasm'] as const) {
    const engine = await useEngine(name);
    expect(engine.notes).toEqual([]);
    expect(tf.getBackend()).toBe(name);
  }
  const kernel = tf.getKernel('Conv2DBackpropFilter', 'wasm');
  installTraining();
  expect(tf.getKernel('Conv2DBackpropFilter', 'wasm')).toBe(kernel);
});

test('a named engine that is not there is an error that says how to get it', async () => {
  const { code, message } = await rejection(useEngine('tensorflow'));
  expect(code).toBe('engine-unavailable');
  expect(message).toMatch(
    /not on this machine\. .*npx @overparam\/engine-tensorflow install.* no compiler\. Use --engine auto/,
  );
  expect((await rejection(useEngine('webgpu'))).message).toMatch(/no WebGPU adapter/);
  expect((await rejection(useEngine('gpu' as 'cpu'))).code).toBe('unknown-engine');
});

test('a tensorflow backend that someone registered counts as loaded', async () => {
  tf.removeBackend('tensorflow');
  tf.registerBackend('tensorflow', tf.findBackendFactory('cpu') as () => tf.KernelBackend);
  expect((await useEngine('auto')).name).toBe('tensorflow');
  tf.removeBackend('tensorflow');
  expect((await useEngine('auto')).name).toBe('wasm');
});
