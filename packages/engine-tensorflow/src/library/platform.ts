import { OverparamError } from '@overparam/errors';

/** A system that TensorFlow's wheels are made for, and what they hold there. */
export interface Platform {
  /** Such as `linux-x64`, as in the names of the cache's folders. */
  readonly key: string;
  /** Format of its libraries. */
  readonly format: 'ELF' | 'Mach-O';
  readonly architecture: 'x64' | 'arm64';
  /** File name of libtensorflow_framework. */
  readonly framework: string;
  /** File name of libtensorflow_cc, which holds the C API in TensorFlow's wheels. */
  readonly library: string;
  /** File name of libtensorflow, which holds it where only the C library was installed. */
  readonly standAlone: string;
  /** Name of the wheel without GPU support. */
  readonly distribution: string;
  /** Name of the wheel with GPU support, where there is one. */
  readonly gpuDistribution: string | null;
}

const linux = {
  format: 'ELF',
  framework: 'libtensorflow_framework.so.2',
  library: 'libtensorflow_cc.so.2',
  standAlone: 'libtensorflow.so.2',
} as const;

const platforms: readonly Platform[] = [
  {
    key: 'linux-x64',
    ...linux,
    architecture: 'x64',
    distribution: 'tensorflow-cpu',
    gpuDistribution: 'tensorflow',
  },
  {
    key: 'linux-arm64',
    ...linux,
    architecture: 'arm64',
    distribution: 'tensorflow',
    gpuDistribution: null,
  },
  {
    key: 'darwin-arm64',
    format: 'Mach-O',
    architecture: 'arm64',
    framework: 'libtensorflow_framework.2.dylib',
    library: 'libtensorflow_cc.2.dylib',
    standAlone: 'libtensorflow.2.dylib',
    distribution: 'tensorflow',
    gpuDistribution: null,
  },
];

/**
 * The platform of this process, or of the system and architecture given in Node's words.
 *
 * @throws OverparamError `unsupported-platform` where there are no such wheels
 */
export function platformOf(system: string = process.platform, architecture: string = process.arch): Platform {
  const found = platforms.find(({ key }) => key === `${system}-${architecture}`);
  if (found) return found;
  throw new OverparamError(
    'unsupported-platform',
    `The native engine needs ${platforms.map(({ key }) => key).join(', ')}; this is ${system}-${architecture}. ` +
      'Use the portable engine here: --engine wasm.',
  );
}
