import * as tf from '@tensorflow/tfjs';
import { afterEach, expect, test, vi } from 'vitest';
import { useEngine } from '../src';
import { faultOfBackend } from '../src/self-check';

afterEach(async () => {
  vi.unstubAllGlobals();
  await useEngine('cpu');
});

/** A backend as plain JavaScript has it, of which one kernel may be another one. */
async function registered(name: string, change: Partial<tf.KernelConfig> = {}): Promise<void> {
  await useEngine('cpu');
  if (tf.findBackendFactory(name)) tf.removeBackend(name);
  for (const kernel of tf.getKernelsForBackend(name)) tf.unregisterKernel(kernel.kernelName, name);
  tf.registerBackend(name, tf.findBackendFactory('cpu') as () => tf.KernelBackend);
  tf.copyRegisteredKernels('cpu', name);
  const { kernelName } = change;
  if (!kernelName) return;
  tf.unregisterKernel(kernelName, name);
  tf.registerKernel({ ...tf.getKernel(kernelName, 'cpu'), ...change, backendName: name } as tf.KernelConfig);
}

const scaled: tf.KernelFunc = (given) => {
  const right = tf.getKernel('MaxPoolGrad', 'cpu').kernelFunc(given) as tf.TensorInfo;
  return tf.mul(tf.engine().makeTensorFromTensorInfo(right), 1.001);
};
const failing: tf.KernelFunc = () => {
  throw new Error('no shader');
};

test('a backend that computes as plain JavaScript has no fault, and leaves nothing', async () => {
  await registered('right');
  await tf.setBackend('right');
  await faultOfBackend();
  const before = tf.memory().numTensors;
  expect(await faultOfBackend()).toBeNull();
  expect(tf.memory().numTensors).toBe(before);
  expect(tf.getBackend()).toBe('right');
});

test.each<[string, tf.KernelFunc, RegExp]>([
  ['wrong by a thousandth', scaled, /something else than plain JavaScript \(a gap of \d\.\de-[34]/],
  ['missing', failing, /cannot compute the gradients of a small network \(no shader\)/],
])('a gradient that is %s is a fault', async (_, kernelFunc, message) => {
  await registered('wrong', { kernelName: 'MaxPoolGrad', kernelFunc });
  await tf.setBackend('wrong');
  expect(await faultOfBackend()).toMatch(message);
  expect(tf.getBackend()).toBe('wrong');
});

test('WebGPU is taken where it computes what it should, and else passed over, by auto and by name', async () => {
  const adapter = (info: object) =>
    vi.stubGlobal('navigator', { gpu: { requestAdapter: async () => ({ info }) } });
  adapter({});
  await registered('webgpu');
  expect(await useEngine('webgpu')).toMatchObject({ name: 'webgpu', notes: [] });
  await registered('webgpu', { kernelName: 'MaxPoolGrad', kernelFunc: scaled });
  await expect(useEngine('webgpu')).rejects.toThrow(
    expect.objectContaining({
      code: 'engine-unavailable',
      message: expect.stringContaining('it computes something else'),
    }),
  );
  expect(tf.getBackend()).toBe('cpu');
  // An adapter in software is taken only when it is asked for.
  await registered('webgpu');
  adapter({ isFallbackAdapter: true });
  vi.stubEnv('OVERPARAM_TENSORFLOW', '/nowhere');
  const { name, notes } = await useEngine('auto');
  if (name !== 'tensorflow')
    expect(notes).toContain('webgpu passed over: its only adapter is one in software');
  expect((await useEngine('webgpu')).name).toBe('webgpu');
  tf.removeBackend('webgpu');
});

test('WebGL comes behind WebAssembly, and only where there is something to draw on', async () => {
  await registered('webgl');
  await expect(useEngine('webgl')).rejects.toThrow(/no WebGL here/);
  vi.stubGlobal('OffscreenCanvas', class {});
  expect(await useEngine('webgl')).toMatchObject({ name: 'webgl', threads: 'own' });
  tf.removeBackend('webgl');
});
