import { open } from 'node:fs/promises';
import { OverparamError } from '@overparam/errors';
import type { Platform } from './platform';

/** What the first bytes of a library say. */
export interface LibraryHeader {
  readonly format: 'ELF' | 'Mach-O';
  /** In Node's words, such as `x64`; several for a Mach-O file of several architectures. */
  readonly architectures: readonly string[];
  /** The least size in bytes that the header allows, or 0 where it does not say. */
  readonly leastSize: number;
}

const elfMachines: Record<number, string> = { 3: 'ia32', 40: 'arm', 62: 'x64', 183: 'arm64', 243: 'riscv64' };
const machCpus: Record<number, string> = { 7: 'ia32', 16777223: 'x64', 12: 'arm', 16777228: 'arm64' };

function elfHeader(bytes: Buffer): LibraryHeader {
  const wide = bytes[4] === 2;
  const big = bytes[5] === 2;
  const u16 = (at: number) => (big ? bytes.readUInt16BE(at) : bytes.readUInt16LE(at));
  const machine = u16(18);
  const architectures = [elfMachines[machine] ?? `ELF machine ${machine}`];
  if (!wide || big) return { format: 'ELF', architectures, leastSize: 0 };
  // The table of sections stands at the end of a linked library, so a cut file shows here.
  const sections = Number(bytes.readBigUInt64LE(40)) + u16(58) * u16(60);
  return { format: 'ELF', architectures, leastSize: sections };
}

function machHeader(bytes: Buffer): LibraryHeader {
  const name = (cpu: number) => machCpus[cpu] ?? `Mach-O CPU ${cpu}`;
  if (bytes.readUInt32BE(0) !== 0xcafebabe) {
    return { format: 'Mach-O', architectures: [name(bytes.readUInt32LE(4))], leastSize: 0 };
  }
  const count = Math.min(bytes.readUInt32BE(4), Math.floor((bytes.length - 8) / 20));
  const slices = Array.from({ length: count }, (_, index) => 8 + 20 * index);
  return {
    format: 'Mach-O',
    architectures: slices.map((at) => name(bytes.readUInt32BE(at))),
    leastSize: Math.max(0, ...slices.map((at) => bytes.readUInt32BE(at + 8) + bytes.readUInt32BE(at + 12))),
  };
}

/** Reads a library's header. @returns null where the bytes are neither ELF nor Mach-O */
export function parseHeader(bytes: Buffer): LibraryHeader | null {
  if (bytes.length < 64) return null;
  const magic = bytes.readUInt32BE(0);
  if (magic === 0x7f454c46) return elfHeader(bytes);
  if (magic === 0xcffaedfe || magic === 0xcafebabe) return machHeader(bytes);
  return null;
}

/**
 * Checks that a file is a whole library for a platform, without loading it: loading one of another architecture
 * fails with a text that does not say so, and loading a cut one can end the process.
 *
 * @param name  what the messages call it
 * @returns     its size in bytes
 * @throws OverparamError `library-invalid` (not a library, or cut), `wrong-architecture`
 */
export async function checkLibraryFile(
  file: string,
  platform: Platform,
  name: string = file,
): Promise<number> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const bytes = Buffer.alloc(Math.min(4096, size));
    await handle.read(bytes, 0, bytes.length, 0);
    const header = parseHeader(bytes);
    if (header === null) {
      throw new OverparamError(
        'library-invalid',
        `${name} is not a library: expected ${platform.format} for ${platform.key}, got ${size} bytes of something else.`,
      );
    }
    if (header.format !== platform.format || !header.architectures.includes(platform.architecture)) {
      throw new OverparamError(
        'wrong-architecture',
        `${name} is for ${header.architectures.join(' and ')} (${header.format}), and this process runs on ` +
          `${platform.key} (${platform.format}). Take TensorFlow's wheel for ${platform.key}.`,
      );
    }
    if (size < header.leastSize) {
      throw new OverparamError(
        'library-invalid',
        `${name} is cut: its header speaks of ${header.leastSize} bytes, and it has ${size}. Install it again.`,
      );
    }
    return size;
  } finally {
    await handle.close();
  }
}
