/** What is asked of the worker. */
export interface Order {
  readonly method: string;
  readonly epochs: number;
  readonly seed: number;
  /** Address of the folder of the page, for what is fetched. */
  readonly folder: string;
  /** Updates for one pass; all pictures where left out. */
  readonly updatesPerEpoch?: number;
}

/** One of the networks, in numbers. */
export interface NetworkFigures {
  readonly name: string;
  readonly parameters: number;
  /** Milliseconds for one picture, of a batch. */
  readonly milliseconds: number;
  /** Share of test pictures that are right, 0 to 1. */
  readonly accuracy: number;
}

/** A test picture, and the shares that the expanded and the collapsed network give to the classes. */
export interface Shown {
  readonly image: Uint8Array;
  readonly label: number;
  readonly wide: readonly number[];
  readonly small: readonly number[];
}

/** What the worker tells, in the order in which it happens. */
export type News =
  | {
      readonly kind: 'begun';
      readonly engine: string;
      readonly updates: number;
      readonly methods: readonly string[];
    }
  | { readonly kind: 'update'; readonly update: number; readonly plain: number; readonly wide: number }
  | { readonly kind: 'epoch'; readonly epoch: number; readonly plain: number; readonly wide: number }
  | {
      readonly kind: 'done';
      readonly networks: readonly NetworkFigures[];
      /** max|difference| / max|value| of all answers to all test pictures. */
      readonly gap: number;
      readonly pictures: number;
      readonly sameClass: number;
      readonly shown: readonly Shown[];
      readonly onnx: Uint8Array;
    }
  | { readonly kind: 'failed'; readonly message: string };
