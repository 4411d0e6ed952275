// The parts as new folders get them, each held against the kit of its kind: their own tests, run here.
import { describe } from 'vitest';

for (const kind of ['method', 'routine', 'dataset', 'backbone', 'balancer', 'task']) {
  describe(kind, async () => {
    await import(`../parts/${kind}/test/my-part.test.ts`);
  });
}
