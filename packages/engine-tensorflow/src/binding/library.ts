import { OverparamError } from '@overparam/errors';
import koffi, { type LibraryHandle } from 'koffi';
import { installCommand } from '../library/locate';
import { minimumVersion } from '../library/version';
import { declarations } from './functions';
import { quietly } from './quiet';

/** The files of TensorFlow's C library, as full paths. */
export interface LibraryFiles {
  /** `libtensorflow_framework` */
  readonly framework: string;
  /** `libtensorflow_cc`, or the stand-alone `libtensorflow` */
  readonly library: string;
}

/** A function declared by its C prototype; callers know what it gives. */
type CFunction = (...parameters: readonly unknown[]) => unknown;

/** TensorFlow's C API in this process, and the little of libc that goes with it. */
export type Library = Readonly<Record<keyof typeof declarations, CFunction>> & {
  /** TensorFlow's version, such as `2.21.0`. */
  readonly version: string;
  /** Where it was loaded from. */
  readonly files: LibraryFiles;
  /** Copies memory; either side may be a typed array. */
  readonly copyMemory: CFunction;
};

/** Bind everything now, and never unmap: destructors of TensorFlow's threads still run while the process exits. */
const bindNow = 2;
const neverUnmap = process.platform === 'darwin' ? 0x80 : 0x1000;

/** Settings of TensorFlow's that it reads from the C environment when it is loaded. */
const environment: Readonly<Record<string, string>> = {
  // Errors reach us as statuses; what it logs besides is about itself.
  TF_CPP_MIN_LOG_LEVEL: '3',
  ABSL_MIN_LOG_LEVEL: '3',
  GRPC_VERBOSITY: 'NONE',
  // TensorFlow takes oneDNN's kernels by itself only where the processor has AVX512-VNNI; with AVX2 alone they are twice as
  // fast as its own. Anybody who wants the latter sets the variable to 0.
  ...(process.arch === 'x64' && { TF_ENABLE_ONEDNN_OPTS: '1' }),
};

let loaded: { readonly files: LibraryFiles; readonly library: Library } | null = null;

/** glibc's `M_ARENA_MAX`, https://man7.org/linux/man-pages/man3/mallopt.3.html */
const arenasAtMost = -8;

/**
 * One pool of memory for all threads. Each of TensorFlow's threads would get one of its own, with free memory that the others
 * cannot use: 5 to 8 % of a training step's.
 */
function limitArenas(libc: LibraryHandle): void {
  if (process.platform !== 'linux' || process.env.MALLOC_ARENA_MAX !== undefined) return;
  try {
    libc.func('int mallopt(int parameter, int value)')(arenasAtMost, 1);
  } catch {
    // Another C library, whose memory is its own affair.
  }
}

/**
 * Loads TensorFlow's C library into this process, where it stays. A second call gives the same library.
 *
 * @throws OverparamError `library-not-loaded` where the loader refuses a file (wrong architecture, truncated, something
 *   it needs is missing); `library-incomplete` where functions are missing, which older versions do not have
 */
export function loadLibrary(files: LibraryFiles): Library {
  if (loaded !== null) {
    if (loaded.files.library === files.library) return loaded.library;
    throw new OverparamError(
      'library-not-loaded',
      `TensorFlow is loaded from ${loaded.files.library} already; a process holds only one. ` +
        `Start a new process to use ${files.library}.`,
    );
  }
  const libc = koffi.load(null);
  const setenv = libc.func('int setenv(const char *name, const char *value, int overwrite)');
  const dlopen = libc.func('void *dlopen(const char *file, int flags)');
  limitArenas(libc);
  const dlerror = libc.func('const char *dlerror()');
  // Through C: in a worker thread process.env is a copy that TensorFlow does not see.
  for (const [name, value] of Object.entries(environment)) setenv(name, value, 0);

  for (const file of [files.framework, files.library]) {
    if (!quietly(() => dlopen(file, bindNow | neverUnmap))) {
      throw new OverparamError(
        'library-not-loaded',
        `The system cannot load ${file}: ${dlerror()}. Expected TensorFlow's library for ${process.platform} on ` +
          `${process.arch}, whole. Install it again with: ${installCommand}`,
      );
    }
  }
  const homes = [koffi.load(files.library), koffi.load(files.framework)];
  try {
    koffi.struct('TF_Output', { oper: 'void *', index: 'int' });
  } catch {
    // Declared by an attempt before this one.
  }
  const functions: Partial<Record<string, CFunction>> = {};
  const missing: string[] = [];
  for (const [name, declaration] of Object.entries(declarations)) {
    const found = homes.some((home) => {
      try {
        functions[name] = home.func(declaration);
        return true;
      } catch {
        return false;
      }
    });
    if (!found) missing.push(name);
  }
  if (missing.length > 0) {
    throw new OverparamError(
      'library-incomplete',
      `${files.library} lacks ${missing.slice(0, 3).join(', ')}${missing.length > 3 ? ` and ${missing.length - 3} more functions` : ''} ` +
        `of the C API. Expected TensorFlow ${minimumVersion} or newer. Install one with: ${installCommand}`,
    );
  }
  const library = {
    ...functions,
    version: functions.TF_Version!() as string,
    files,
    copyMemory: libc.func('void *memcpy(void *target, const void *source, size_t bytes)'),
  } as unknown as Library;
  loaded = { files, library };
  return library;
}
