/** TensorFlow's numbers for element types (`TF_DataType` in c/tf_datatype.h), as far as they occur here. */
export const dataTypes = {
  TF_FLOAT: 1,
  TF_DOUBLE: 2,
  TF_INT32: 3,
  TF_UINT8: 4,
  TF_STRING: 7,
  TF_COMPLEX64: 8,
  TF_INT64: 9,
  TF_BOOL: 10,
  TF_BFLOAT16: 14,
  TF_RESOURCE: 20,
  TF_UINT32: 22,
  TF_UINT64: 23,
} as const;

/** Kinds of attributes (`TF_AttrType` in c/tf_attrtype.h); functions are this package's addition to the same list. */
export const attributeKinds = {
  TF_ATTR_STRING: 0,
  TF_ATTR_INT: 1,
  TF_ATTR_FLOAT: 2,
  TF_ATTR_BOOL: 3,
  TF_ATTR_TYPE: 4,
  TF_ATTR_SHAPE: 5,
  TF_ATTR_RESOURCE: 6,
  TF_ATTR_FUNC: 8,
} as const;

/** An attribute of an op, in the form in which tfjs-node's kernels give it. */
export interface OpAttribute {
  readonly name: string;
  readonly type: number;
  readonly value:
    | boolean
    | number
    | string
    | null
    | readonly number[]
    | readonly string[]
    | readonly boolean[];
}

/** The tfjs dtype that stands for a TensorFlow element type. */
export function dtypeOf(dataType: number): 'float32' | 'int32' | 'bool' | 'complex64' | 'string' {
  switch (dataType) {
    case dataTypes.TF_FLOAT:
      return 'float32';
    // tfjs has neither: both are read into an Int32Array.
    case dataTypes.TF_UINT8:
    case dataTypes.TF_INT64:
    case dataTypes.TF_INT32:
      return 'int32';
    case dataTypes.TF_BOOL:
      return 'bool';
    case dataTypes.TF_COMPLEX64:
      return 'complex64';
    default:
      return 'string';
  }
}
