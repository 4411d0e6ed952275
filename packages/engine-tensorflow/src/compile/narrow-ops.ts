/** How an op takes part in half precision. */
export type NarrowRule =
  /** Computed in bfloat16 where one operand follows from the step's data; `operands` are its numbers among the inputs. */
  | { readonly kind: 'product'; readonly operands: readonly number[] }
  /** As the input at `leader` is, which `also` are brought to. */
  | { readonly kind: 'follows'; readonly leader: number; readonly also: readonly number[] }
  /** In bfloat16 where all of its data are, from the input `first` on, but for the last `behind`. */
  | { readonly kind: 'together'; readonly first: number; readonly behind: number }
  /** Moves values, so that nothing is lost: in bfloat16 where all inputs are, but for the last `behind`. */
  | { readonly kind: 'moved'; readonly behind: number };

const product = (...operands: readonly number[]): NarrowRule => ({ kind: 'product', operands });
const follows = (leader = 0, ...also: readonly number[]): NarrowRule => ({ kind: 'follows', leader, also });
const together = (first = 0, behind = 0): NarrowRule => ({ kind: 'together', first, behind });
const moved = (behind = 0): NarrowRule => ({ kind: 'moved', behind });

/**
 * The ops that are computed in bfloat16; every other one gets float32. Products sum in float32, whatever their operands
 * are (TensorFlow with oneDNN); sums and means would give bfloat16 back, so they are none of these.
 */
export const narrowOps: Readonly<Record<string, NarrowRule>> = {
  Conv2D: product(0, 1),
  Conv2DBackpropInput: product(1, 2),
  Conv2DBackpropFilter: product(0, 2),
  DepthwiseConv2dNative: product(0, 1),
  DepthwiseConv2dNativeBackpropInput: product(1, 2),
  DepthwiseConv2dNativeBackpropFilter: product(0, 2),
  MatMul: product(0, 1),
  BatchMatMul: product(0, 1),
  BatchMatMulV2: product(0, 1),

  // Statistics are float32 in both.
  FusedBatchNormV3: follows(0),
  FusedBatchNormGradV3: follows(1, 0),

  Identity: follows(),
  Reshape: follows(),
  Transpose: follows(),
  Slice: follows(),
  StridedSlice: follows(),
  ExpandDims: follows(),
  Squeeze: follows(),
  Tile: follows(),
  Pad: follows(),
  PadV2: follows(0, 2),
  Switch: follows(),
  IsFinite: follows(),
  Merge: together(),
  MaxPool: follows(),
  MaxPoolGrad: follows(0, 1, 2),
  Relu: follows(),
  Relu6: follows(),
  LeakyRelu: follows(),
  ReluGrad: follows(1, 0),
  Relu6Grad: follows(1, 0),
  LeakyReluGrad: follows(1, 0),

  AddV2: together(),
  Add: together(),
  AddN: together(),
  Sub: together(),
  Mul: together(),
  Maximum: together(),
  Minimum: together(),
  Greater: together(),
  GreaterEqual: together(),
  Less: together(),
  LessEqual: together(),
  Select: together(1),
  SelectV2: together(1),
  ConcatV2: together(0, 1),
  Pack: moved(),
};
