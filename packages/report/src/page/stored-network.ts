import { open } from 'node:fs/promises';

/** What the file of a network's weights says at its head. */
export interface StoredNetwork {
  /** Numbers that each layer holds, its running statistics among them. */
  readonly layers: ReadonlyMap<string, number>;
  /** Of the software that made it, such as `overparam` and `tfjs`; empty where it says nothing. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Heads are a few kilobytes; one of more is damaged. */
const longestHead = 64 * 2 ** 20;

/** The head of a safetensors file as an object; null where the file is none, or is not there. */
async function headOf(path: string): Promise<Record<string, unknown> | null> {
  const file = await open(path).catch(() => null);
  if (file === null) return null;
  try {
    const { size } = await file.stat();
    const length = Buffer.alloc(8);
    await file.read(length, 0, 8, 0);
    const bytes = Number(length.readBigUInt64LE());
    if (bytes > Math.min(size - 8, longestHead)) return null;
    const head = Buffer.alloc(bytes);
    await file.read(head, 0, bytes, 8);
    const value: unknown = JSON.parse(head.toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  } finally {
    await file.close();
  }
}

function versionsIn(head: Record<string, unknown>): Record<string, string> {
  try {
    const { lineage } = head.__metadata__ as { lineage: string };
    const { versions } = JSON.parse(lineage) as { versions?: Record<string, unknown> };
    return Object.fromEntries(
      Object.entries(versions ?? {}).map(([name, version]) => [name, String(version)]),
    );
  } catch {
    return {};
  }
}

/**
 * Reads what a network's `weights.safetensors` says at its head, without its weights.
 *
 * @returns null where there is no such file, or it is damaged
 */
export async function readStoredNetwork(path: string): Promise<StoredNetwork | null> {
  const head = await headOf(path);
  if (head === null) return null;
  const layers = new Map<string, number>();
  for (const [name, tensor] of Object.entries(head)) {
    const { shape } = Object(tensor) as { shape?: unknown };
    if (!Array.isArray(shape) || name === '__metadata__') continue;
    const layer = name.split('/')[0]!;
    const count = shape.reduce<number>((product, length) => product * Number(length), 1);
    layers.set(layer, (layers.get(layer) ?? 0) + count);
  }
  return { layers, versions: versionsIn(head) };
}
