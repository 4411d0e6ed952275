import type * as tf from '@tensorflow/tfjs';
import { attributeKinds, dataTypes, type OpAttribute } from './enumerations';

const numbers: Readonly<Record<string, number>> = {
  float32: dataTypes.TF_FLOAT,
  int32: dataTypes.TF_INT32,
  bool: dataTypes.TF_BOOL,
  complex64: dataTypes.TF_COMPLEX64,
  string: dataTypes.TF_STRING,
};

/** Makers of the attributes that TensorFlow's ops take. */
export const attribute = {
  type: (name: string, dtype: tf.DataType | number): OpAttribute => ({
    name,
    type: attributeKinds.TF_ATTR_TYPE,
    value: typeof dtype === 'number' ? dtype : numbers[dtype]!,
  }),
  int: (name: string, value: number | readonly number[]): OpAttribute => ({
    name,
    type: attributeKinds.TF_ATTR_INT,
    value,
  }),
  float: (name: string, value: number): OpAttribute => ({
    name,
    type: attributeKinds.TF_ATTR_FLOAT,
    value,
  }),
  bool: (name: string, value: boolean): OpAttribute => ({ name, type: attributeKinds.TF_ATTR_BOOL, value }),
  string: (name: string, value: string): OpAttribute => ({
    name,
    type: attributeKinds.TF_ATTR_STRING,
    value,
  }),
  strings: (name: string, value: readonly string[]): OpAttribute => ({
    name,
    type: attributeKinds.TF_ATTR_STRING,
    value,
  }),
  types: (name: string, value: readonly number[]): OpAttribute => ({
    name,
    type: attributeKinds.TF_ATTR_TYPE,
    value,
  }),
};
