import type { Precision, Recompute } from '@overparam/engine';

/** Networks that both sides have. */
export type ModelName = 'resnet20' | 'resnet50' | 'segnet';

/**
 * How the 3x3 convolutions are trained. `trirep` and `routed` are TriRep with trained frames, the latter with a core for each task in the layers that
 * they share; `whitening` is TriRep as it is by default.
 */
export type MethodName =
  | 'plain'
  | 'fnl'
  | 'repvgg'
  | 'trirep'
  | 'whitening'
  | 'routed'
  | 'acb'
  | 'dbb'
  | 'mobileone'
  | 'expandnets'
  | 'doconv'
  | 'orepa'
  | 'sgs';

/** What is timed: a step of training, or a pass of the collapsed network. */
export type Mode = 'training' | 'inference';

/** Whom a row compares with; see README.md. */
export type PeerName =
  | 'PyTorch default'
  | 'PyTorch channels_last'
  | 'PyTorch compiled'
  | 'PyTorch bfloat16 channels_last'
  | 'PyTorch bfloat16 compiled'
  | 'float32 step'
  | 'kept step'
  | 'ONNX Runtime'
  | 'plain step'
  | 'joint step'
  | 'other checkout'
  | 'stock tfjs'
  | 'wasm';

/** One comparison: what both sides compute, and who the other side is. */
export interface Row {
  readonly model: ModelName;
  readonly method: MethodName;
  readonly batch: number;
  readonly mode: Mode;
  /** What our side computes activations in. */
  readonly precision: Precision;
  /** What our side keeps for its backward pass. */
  readonly recompute: Recompute;
  /** They take turns with overparam, all in one go. */
  readonly peers: readonly PeerName[];
  /** Run by default: a ratio of this row has a floor. */
  readonly floor: boolean;
}

const torch: readonly PeerName[] = ['PyTorch default', 'PyTorch channels_last', 'PyTorch compiled'];

/** A row's name, which `--only` is matched with: `resnet50 trirep 128 training`, `resnet50 plain 32 training bfloat16`. */
export function nameOf({ model, method, batch, mode, precision, recompute, peers }: Row): string {
  const half = precision === 'float32' ? '' : ` ${precision}`;
  const again = recompute === 'none' ? '' : ` recompute`;
  const special = peers[0]!.startsWith('PyTorch') ? '' : ` ${peers.join(' ')}`;
  return `${model} ${method} ${batch} ${mode}${half}${again}${special}`;
}

function training(
  model: ModelName,
  method: MethodName,
  batch: number,
  floor: boolean,
  peers: readonly PeerName[] = torch,
): Row {
  return { model, method, batch, mode: 'training', precision: 'float32', recompute: 'none', peers, floor };
}

/** Our step in bfloat16 beside the best of PyTorch in either precision, and beside our own in float32. */
function half(model: ModelName, method: MethodName, batch: number): Row {
  const peers: readonly PeerName[] = [
    'PyTorch bfloat16 channels_last',
    'PyTorch bfloat16 compiled',
    'PyTorch compiled',
    'float32 step',
  ];
  return { ...training(model, method, batch, true, peers), precision: 'bfloat16' };
}

/** Our step that makes blocks again beside the one that keeps them. */
function again(model: ModelName, batch: number, precision: Precision): Row {
  const row = training(model, 'plain', batch, true, ['kept step']);
  return { ...row, precision, recompute: 'blocks' };
}

function inference(model: ModelName, batch: number): Row {
  return {
    model,
    method: 'trirep',
    batch,
    mode: 'inference',
    precision: 'float32',
    recompute: 'none',
    peers: [...torch, 'ONNX Runtime'],
    floor: false,
  };
}

const methods: readonly MethodName[] = ['repvgg', 'fnl', 'trirep'];

/** Methods whose step is held against PyTorch's on one network, and against our own plain step. */
const rivals: readonly MethodName[] = ['acb', 'dbb', 'mobileone', 'expandnets', 'doconv', 'orepa', 'sgs'];

/** Every row, in the order in which they run. */
export const rows: readonly Row[] = [
  training('resnet50', 'plain', 32, true),
  training('resnet20', 'plain', 64, true),
  training('resnet20', 'plain', 128, true),
  ...methods.map((method) => training('resnet20', method, 64, true)),
  ...methods.map((method) => training('resnet50', method, 32, true)),
  half('resnet50', 'plain', 32),
  half('resnet20', 'plain', 128),
  half('segnet', 'plain', 2),
  ...methods.map((method) => half('resnet50', method, 32)),
  again('resnet50', 128, 'float32'),
  again('resnet50', 128, 'bfloat16'),
  training('resnet20', 'trirep', 128, true, ['plain step']),
  training('resnet50', 'trirep', 128, true, ['plain step']),
  training('resnet20', 'whitening', 128, true, ['plain step']),
  training('resnet50', 'whitening', 32, true, ['plain step']),
  training('segnet', 'whitening', 2, true, ['plain step']),
  training('segnet', 'plain', 2, true),
  training('segnet', 'routed', 2, true, ['plain step', 'joint step']),
  ...methods.map((method) => training('resnet20', method, 128, false)),
  ...rivals.map((method) => training('resnet20', method, 128, true, [...torch, 'plain step'])),
  training('resnet50', 'plain', 64, false),
  ...methods.map((method) => training('resnet50', method, 64, false)),
  inference('resnet20', 64),
  inference('resnet20', 128),
  inference('resnet50', 32),
  inference('resnet50', 64),
  training('resnet20', 'plain', 64, false, ['stock tfjs', 'wasm']),
  training('resnet50', 'plain', 32, false, ['stock tfjs']),
];

/** Rows that have one peer: another checkout of this project, to see what a change costs. */
export function againstCheckout(chosen: readonly Row[]): Row[] {
  const byStep = new Map(
    chosen.map(
      (row) =>
        [[row.model, row.method, row.batch, row.mode, row.precision, row.recompute].join(), row] as const,
    ),
  );
  return [...byStep.values()].map((row) => ({ ...row, peers: ['other checkout'] }));
}

/**
 * The rows that a call asks for.
 *
 * @param all   every row, not only those with floors
 * @param only  part of a row's name, `*` standing for anything; looked for among all rows if those with floors have none
 */
export function chooseRows(all: boolean, only: string | null): readonly Row[] {
  const usual = all ? rows : rows.filter(({ floor }) => floor);
  if (only === null) return usual;
  const escaped = only.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
  const pattern = new RegExp(escaped, 'i');
  const chosen = usual.filter((row) => pattern.test(nameOf(row)));
  return chosen.length > 0 ? chosen : rows.filter((row) => pattern.test(nameOf(row)));
}
