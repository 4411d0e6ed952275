import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Child } from './child';
import { problems } from './problems';
import type { PeerName, Row } from './rows';

/** One side of a comparison: a process and what it is asked to prepare. */
export interface Side {
  readonly name: PeerName | 'overparam';
  start(): Child;
  /** @param tensors  file of the weights and the batch */
  request(row: Row, tensors: string): Readonly<Record<string, unknown>>;
}

const worker = fileURLToPath(new URL('./worker.ts', import.meta.url));
const peer = fileURLToPath(new URL('../torch/peer.py', import.meta.url));

/** A worker process of this project's; it has the loaders of this process. */
export function startWorker(
  name: string,
  form: 'tensorflow' | 'wasm' | 'stock' = 'tensorflow',
  file = worker,
): Child {
  return new Child(name, process.execPath, [file, form]);
}

function workerSide(
  name: Side['name'],
  form: 'tensorflow' | 'wasm' | 'stock',
  change: Partial<Row> = {},
): Side {
  return {
    name,
    start: () => startWorker(name, form),
    request: (row) => ({ do: 'prepare', row: { ...row, ...change } }),
  };
}

function pythonSide(name: PeerName, form: string, python: () => string): Side {
  return {
    name,
    start: () => new Child(name, python(), [peer]),
    request: ({ model, method, batch, mode }, tensors) => {
      const { rate, decay } = problems[model];
      return { do: 'prepare', model, method, batch, mode, form, tensors, rate, decay };
    },
  };
}

/** This project's side. */
export const ours: Side = workerSide('overparam', 'tensorflow');

/**
 * @param python    gives the Python that has PyTorch
 * @param checkout  folder of the other checkout, installed
 */
export function peerSide(name: PeerName, python: () => string, checkout: string | null): Side {
  switch (name) {
    case 'other checkout':
      return {
        name,
        start: () => startWorker(name, 'tensorflow', join(resolve(checkout!), 'bench/compare/worker.ts')),
        request: (row) => ({ do: 'prepare', row }),
      };
    case 'plain step':
      return workerSide(name, 'tensorflow', { method: 'plain' });
    case 'joint step':
      return workerSide(name, 'tensorflow', { method: 'trirep' });
    case 'float32 step':
      return workerSide(name, 'tensorflow', { precision: 'float32' });
    case 'kept step':
      return workerSide(name, 'tensorflow', { recompute: 'none' });
    case 'stock tfjs':
      return workerSide(name, 'stock');
    case 'wasm':
      return workerSide(name, 'wasm');
    case 'ONNX Runtime':
      return pythonSide(name, 'onnxruntime', python);
    default:
      return pythonSide(name, name.slice('PyTorch '.length), python);
  }
}
