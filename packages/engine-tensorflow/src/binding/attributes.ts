import { OverparamError } from '@overparam/errors';
import { attributeKinds, type OpAttribute } from './enumerations';
import type { Pointer } from './functions';
import type { Library } from './library';

/** The functions that set an op's attributes: an eager op's (`TFE_OpSetAttr…`) or a graph's (`TF_SetAttr…`). */
export type AttributePrefix = 'TFE_OpSetAttr' | 'TF_SetAttr';

/** The end of the function's name, and its arguments after op and attribute name. */
type Setting = readonly [suffix: string, ...rest: unknown[]];

const encoder = new TextEncoder();

function text(suffix: string, value: string): Setting {
  const bytes = encoder.encode(value);
  return [suffix, bytes, bytes.length];
}

function list(name: string, type: number, values: readonly (number | string)[]): Setting {
  if (type === attributeKinds.TF_ATTR_STRING) {
    const lengths = values.map((value) => encoder.encode(value as string).length);
    return ['StringList', values, lengths, values.length];
  }
  return numberList(name, type, values as readonly number[]);
}

function numberList(name: string, type: number, values: readonly number[]): Setting {
  switch (type) {
    case attributeKinds.TF_ATTR_INT:
      return ['IntList', BigInt64Array.from(values, BigInt), values.length];
    case attributeKinds.TF_ATTR_FLOAT:
      return ['FloatList', Float32Array.from(values), values.length];
    case attributeKinds.TF_ATTR_BOOL:
      return ['BoolList', Uint8Array.from(values, Number), values.length];
    case attributeKinds.TF_ATTR_TYPE:
      return ['TypeList', Int32Array.from(values), values.length];
    default:
      throw new OverparamError(
        'op-unsupported',
        `The attribute '${name}' of an op is a list of TensorFlow's kind ${type}; expected one of numbers, booleans or types.`,
      );
  }
}

function single(name: string, type: number, value: OpAttribute['value']): Setting {
  switch (type) {
    case attributeKinds.TF_ATTR_STRING:
      return text('String', value as string);
    case attributeKinds.TF_ATTR_INT:
      return ['Int', value];
    case attributeKinds.TF_ATTR_FLOAT:
      return ['Float', value];
    case attributeKinds.TF_ATTR_BOOL:
      return ['Bool', value ? 1 : 0];
    case attributeKinds.TF_ATTR_TYPE:
      return ['Type', value];
    case attributeKinds.TF_ATTR_FUNC:
      return text('FuncName', value as string);
    default:
      throw new OverparamError(
        'op-unsupported',
        `The attribute '${name}' of an op has TensorFlow's kind ${type}, which is not known here.`,
      );
  }
}

/** Sets one attribute of an op that is being made. */
export function setAttribute(
  library: Library,
  prefix: AttributePrefix,
  op: Pointer,
  { name, type, value }: OpAttribute,
  status: Pointer,
): void {
  const set = ([suffix, ...rest]: Setting) =>
    (library as unknown as Record<string, (...parameters: unknown[]) => void>)[`${prefix}${suffix}`]!(
      op,
      name,
      ...rest,
    );
  if (type === attributeKinds.TF_ATTR_SHAPE) {
    const dims = value as readonly number[];
    // Only the eager form checks, and reports by a status.
    const end = prefix === 'TFE_OpSetAttr' ? [status] : [];
    set(['Shape', BigInt64Array.from(dims, BigInt), dims.length, ...end]);
  } else {
    set(Array.isArray(value) ? list(name, type, value as (number | string)[]) : single(name, type, value));
  }
}
