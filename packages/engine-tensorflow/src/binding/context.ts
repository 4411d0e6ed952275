import { availableParallelism } from 'node:os';
import { OverparamError } from '@overparam/errors';
import { installCommand } from '../library/locate';
import type { Pointer } from './functions';
import type { Library } from './library';
import { quietly } from './quiet';
import { check } from './status';

/** Where and how TensorFlow computes. It is settled when the backend starts. */
export interface DeviceOptions {
  /** `auto` (the default) takes a GPU where TensorFlow finds one; `cpu` hides GPUs; `gpu` fails where there is none. */
  readonly device?: 'auto' | 'cpu' | 'gpu';
  /** Take a GPU's memory as it is needed, not all of it at the start; true by default. */
  readonly memoryGrowth?: boolean;
  /** Threads within an op, 1 to 1024; by default one for each processor. */
  readonly threads?: number;
}

/** A device that TensorFlow can compute on. */
export interface Device {
  /** `CPU` or `GPU` */
  readonly type: string;
  readonly name: string;
}

const mostThreads = 1024;

/**
 * The options with their defaults.
 *
 * @throws OverparamError `options` where one of them has a value that it cannot have
 */
export function checkedOptions({
  device = 'auto',
  memoryGrowth = true,
  threads = Math.min(availableParallelism(), mostThreads),
}: DeviceOptions): Required<DeviceOptions> {
  if (!['auto', 'cpu', 'gpu'].includes(device)) {
    throw new OverparamError('options', `The option device is '${device}'; expected 'auto', 'cpu' or 'gpu'.`);
  }
  if (!(Number.isInteger(threads) && threads >= 1 && threads <= mostThreads)) {
    throw new OverparamError(
      'options',
      `The option threads is ${threads}; expected a whole number from 1 to ${mostThreads}. Leave it out for one thread ` +
        'for each processor.',
    );
  }
  return { device, memoryGrowth, threads };
}

/** The fields of TensorFlow's ConfigProto (core/protobuf/config.proto) that the options stand for, as bytes. */
export function configOf(options: DeviceOptions): Uint8Array {
  const bytes: number[] = [];
  const tag = (field: number, wire: number) => bytes.push((field << 3) | wire);
  const varint = (value: number) => {
    for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
    bytes.push(value);
  };
  if (options.device === 'cpu') {
    // device_count { key: "GPU" value: 0 }
    tag(1, 2);
    bytes.push(7, 0x0a, 3, ...new TextEncoder().encode('GPU'), 0x10, 0);
  }
  if (options.threads !== undefined) {
    tag(2, 0);
    varint(options.threads);
  }
  // gpu_options { allow_growth }
  tag(6, 2);
  bytes.push(2, 0x20, (options.memoryGrowth ?? true) ? 1 : 0);
  // allow_soft_placement
  tag(7, 0);
  bytes.push(1);
  return Uint8Array.from(bytes);
}

/**
 * Starts TensorFlow's eager runtime.
 *
 * @throws OverparamError `gpu-missing` where the options ask for a GPU and TensorFlow finds none
 */
export function newContext(library: Library, status: Pointer, options: DeviceOptions): Pointer {
  const settings = library.TFE_NewContextOptions() as Pointer;
  const config = configOf(options);
  library.TFE_ContextOptionsSetConfig(settings, config, config.length, status);
  check(library, status, 'its configuration');
  const context = quietly(() => library.TFE_NewContext(settings, status) as Pointer);
  library.TFE_DeleteContextOptions(settings);
  check(library, status, 'starting');
  const devices = listDevices(library, context, status);
  if (options.device === 'gpu' && !devices.some(({ type }) => type === 'GPU')) {
    library.TFE_DeleteContext(context);
    throw new OverparamError(
      'gpu-missing',
      `The option device is 'gpu', and TensorFlow finds no GPU, only ${devices.map(({ name }) => name).join(', ')}. A GPU ` +
        `needs its driver and a library built for it (${installCommand} --gpu); or use the device auto or cpu.`,
    );
  }
  return context;
}

/** The devices that TensorFlow computes on. */
export function listDevices(library: Library, context: Pointer, status: Pointer): readonly Device[] {
  const list = library.TFE_ContextListDevices(context, status) as Pointer;
  check(library, status, 'listing devices');
  const devices = Array.from({ length: library.TF_DeviceListCount(list) as number }, (_, index) => ({
    type: library.TF_DeviceListType(list, index, status) as string,
    name: library.TF_DeviceListName(list, index, status) as string,
  }));
  library.TF_DeleteDeviceList(list);
  return devices;
}
