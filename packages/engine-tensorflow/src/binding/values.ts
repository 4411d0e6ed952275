import { OverparamError } from '@overparam/errors';
import { dataTypes } from './enumerations';
import type { Pointer } from './functions';
import type { Library } from './library';

/** What tfjs holds a tensor's values in: for strings, their UTF-8 bytes one by one. */
export type Values = Float32Array | Int32Array | Uint8Array | Uint8Array[];

/** Bytes of C's TF_TString. */
const textBytes = 24;

const bytesOf = (dataType: number): number => {
  switch (dataType) {
    case dataTypes.TF_STRING:
      return textBytes;
    case dataTypes.TF_COMPLEX64:
    case dataTypes.TF_INT64:
      return 8;
    case dataTypes.TF_BOOL:
    case dataTypes.TF_UINT8:
      return 1;
    default:
      return 4;
  }
};

/** The values in the element type of the tensor: tfjs lets a bool tensor be written from floats. */
function fitting(values: Values | ArrayLike<number>, dataType: number): ArrayBufferView {
  switch (dataType) {
    case dataTypes.TF_FLOAT:
    case dataTypes.TF_COMPLEX64:
      return values instanceof Float32Array ? values : Float32Array.from(values as ArrayLike<number>);
    case dataTypes.TF_INT32:
    case dataTypes.TF_INT64:
      // 64-bit values come as pairs of 32-bit ones.
      return values instanceof Int32Array ? values : Int32Array.from(values as ArrayLike<number>);
    default:
      return values instanceof Uint8Array ? values : Uint8Array.from(values as ArrayLike<number>);
  }
}

/** Makes a TF_Tensor of these values, which are copied; delete it with TF_DeleteTensor. */
export function writeTensor(
  library: Library,
  shape: readonly number[],
  dataType: number,
  values: Values,
): Pointer {
  const size = shape.reduce((product, length) => product * length, 1);
  const bytes = size * bytesOf(dataType);
  const dims = BigInt64Array.from(shape, BigInt);
  const tensor = library.TF_AllocateTensor(dataType, dims, shape.length, bytes) as Pointer;
  if (!tensor) {
    throw new OverparamError(
      'out-of-memory',
      `TensorFlow has no memory for a tensor of shape [${shape}] (${bytes} bytes). Use a smaller batch.`,
    );
  }
  if (bytes === 0) return tensor;
  const data = library.TF_TensorData(tensor) as Pointer;
  if (dataType === dataTypes.TF_STRING) {
    const texts = values as readonly (Uint8Array | string)[];
    for (let index = 0; index < size; index++) {
      const text = texts[index]!;
      const encoded = typeof text === 'string' ? new TextEncoder().encode(text) : text;
      const at = data + BigInt(index * textBytes);
      library.TF_StringInit(at);
      library.TF_StringCopy(at, encoded, encoded.length);
    }
    return tensor;
  }
  const source = fitting(values, dataType);
  if (source.byteLength !== bytes) {
    library.TF_DeleteTensor(tensor);
    throw new OverparamError(
      'shape-mismatch',
      `A tensor of shape [${shape}] needs ${bytes} bytes; its values have ${source.byteLength}.`,
    );
  }
  library.copyMemory(data, source, bytes);
  return tensor;
}

/** A copy of a TF_Tensor's values. */
export function readTensor(library: Library, tensor: Pointer): Values {
  const dataType = library.TF_TensorType(tensor) as number;
  const size = Number(library.TF_TensorElementCount(tensor));
  const data = library.TF_TensorData(tensor) as Pointer;
  if (dataType === dataTypes.TF_STRING) {
    return Array.from({ length: size }, (_, index) => {
      const at = data + BigInt(index * textBytes);
      const length = Number(library.TF_StringGetSize(at));
      const text = new Uint8Array(length);
      if (length > 0) library.copyMemory(text, library.TF_StringGetDataPointer(at), length);
      return text;
    });
  }
  const copy = <T extends ArrayBufferView>(target: T): T => {
    if (size > 0) library.copyMemory(target, data, target.byteLength);
    return target;
  };
  switch (dataType) {
    case dataTypes.TF_FLOAT:
      return copy(new Float32Array(size));
    case dataTypes.TF_COMPLEX64:
      return copy(new Float32Array(size * 2));
    case dataTypes.TF_INT32:
      return copy(new Int32Array(size));
    case dataTypes.TF_INT64:
      return Int32Array.from(copy(new BigInt64Array(size)), Number);
    case dataTypes.TF_BOOL:
      return copy(new Uint8Array(size));
    case dataTypes.TF_UINT8:
      return Int32Array.from(copy(new Uint8Array(size)));
    default:
      throw new OverparamError(
        'type-unsupported',
        `A tensor has TensorFlow's element type ${dataType}, which tfjs has no values for. Cast it to float32 or int32.`,
      );
  }
}
