import { readFileSync } from 'node:fs';
import { z } from 'zod';

const schema = z.object({
  steps: z.int(),
  batch: z.int(),
  imageShape: z.tuple([z.int(), z.int(), z.int()]),
  classes: z.int(),
  optimisers: z.object({
    sgd: z.object({ lr: z.number(), weightDecay: z.number(), momentum: z.number() }),
    adam: z.object({ lr: z.number(), weightDecay: z.number() }),
    adamw: z.object({ lr: z.number(), weightDecay: z.number() }),
  }),
  labels: z.array(z.array(z.int())),
  runs: z.array(
    z.object({
      method: z.enum(['plain', 'repvgg', 'fnl', 'trirep']),
      seed: z.int(),
      optimiser: z.enum(['sgd', 'adam', 'adamw']),
      float32: z.array(z.number()),
      float64: z.array(z.number()),
    }),
  ),
  tensors: z.record(z.string(), z.object({ shape: z.array(z.int()), offset: z.int() })),
});

/** What `make-fixtures.py` wrote; tensors by the names given there. */
export type Fixture = z.infer<typeof schema>;
/** Twenty steps that PyTorch made: its losses before each, in both precisions. */
export type Run = Fixture['runs'][number];
export type MethodName = Run['method'];
export type OptimiserName = Run['optimiser'];

const folder = new URL('./fixtures/', import.meta.url);

export const fixture: Fixture = schema.parse(
  JSON.parse(readFileSync(new URL('fidelity.json', folder), 'utf8')),
);

const bytes = readFileSync(new URL('fidelity.bin', folder));
const numbers = Float32Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4));

/** Values of one stored tensor, row-major. */
export function stored(name: string): { shape: number[]; values: Float32Array } {
  const entry = fixture.tensors[name];
  if (!entry) throw new Error(`fidelity.json has no tensor "${name}"`);
  const size = entry.shape.reduce((product, length) => product * length, 1);
  return { shape: entry.shape, values: numbers.subarray(entry.offset, entry.offset + size) };
}

/** Names after `prefix`, in the order of the file. */
export function storedNames(prefix: string): string[] {
  return Object.keys(fixture.tensors)
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length));
}
