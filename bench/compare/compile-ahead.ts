import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PeerName, Row } from './rows';
import { begin, exportTensors } from './run-row';
import { peerSide } from './sides';

const isCompiled = (peer: PeerName) => peer.endsWith('compiled');

/**
 * Lets PyTorch compile what several rows need, one row a core, into its cache on disk. It compiles on one core for
 * minutes, and while a row is measured nothing may run beside.
 *
 * @param note  told what is going on
 */
export async function compileAhead(
  rows: readonly Row[],
  python: () => string,
  note: (text: string) => void,
): Promise<void> {
  const waiting = rows.flatMap((row) => row.peers.filter(isCompiled).map((peer) => ({ row, peer })));
  const count = waiting.length;
  if (count < 2) return;
  const folder = mkdtempSync(join(tmpdir(), 'overparam-bench-'));
  const work = async (core: number) => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { row, peer } = next;
      note(`${peer} compiles ahead: ${count - waiting.length} of ${count}`);
      const tensors = join(folder, `${core}.safetensors`);
      await exportTensors(row, tensors);
      try {
        await (await begin(peerSide(peer, python, null), row, tensors, 1)).child.close();
      } catch {
        // The row itself reports what is wrong.
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: availableParallelism() }, (_, core) => work(core)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
