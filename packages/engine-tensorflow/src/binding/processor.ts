import { readFileSync } from 'node:fs';

let flags: ReadonlySet<string> | null = null;

/** What the processor can do, by the names that Linux has for it; empty where that is not known. */
export function processorFlags(): ReadonlySet<string> {
  if (flags === null) {
    try {
      const line = /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'));
      flags = new Set(line?.[1]?.trim().split(/\s+/) ?? []);
    } catch {
      flags = new Set();
    }
  }
  return flags;
}

/**
 * Why bfloat16 is not to be computed in here, as half a sentence; null where it is.
 *
 * Processors that do not multiply bfloat16 convert it to and fro: that was slower than float32 where it was measured.
 */
export function bfloat16Problem(onGpu: boolean): string | null {
  if (onGpu) return null;
  if (process.arch !== 'x64') return `it was not tried on ${process.arch}`;
  const known = processorFlags();
  if (known.has('avx512_bf16') || known.has('amx_bf16')) return null;
  return 'this processor does not multiply bfloat16 (it has neither AVX512-BF16 nor AMX), and would be slower than in float32';
}
