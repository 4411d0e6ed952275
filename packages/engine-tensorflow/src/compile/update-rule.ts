import type { Output, Pointer } from '../binding/functions';
import { attribute } from '../binding/make-attribute';
import type { Graph } from './graph';

/** How an optimiser changes one parameter and its slots. */
export interface UpdateRule {
  /**
   * The new values by plain ops.
   *
   * @param values  parameter and slots
   * @returns       as many
   */
  values(graph: Graph, values: readonly Output[], gradient: Output, rate: Output): Output[];
  /**
   * Operations that change the parameter and its slots in place.
   *
   * @param resources  handles of parameter and slots
   * @param shape      of the parameter
   */
  apply(
    graph: Graph,
    resources: readonly Output[],
    gradient: Output,
    rate: Output,
    shape: readonly number[],
  ): Pointer[];
}

const float = attribute.type('T', 'float32');

/** Arithmetic on float32 in a graph. */
export function arithmetic(graph: Graph) {
  const binary = (name: string) => (a: Output, b: Output | number) =>
    graph.output(name, [float], [a, typeof b === 'number' ? graph.scalar(b) : b]);
  const unary = (name: string) => (a: Output) => graph.output(name, [float], [a]);
  const times = binary('Mul');
  return {
    plus: binary('AddV2'),
    minus: binary('Sub'),
    times,
    over: binary('RealDiv'),
    root: unary('Sqrt'),
    square: unary('Square'),
    /** 1 - base ** exponent; the plain difference would lose four digits at the first updates. */
    oneMinusPower: (base: number, exponent: Output): Output =>
      base === 0 ? graph.scalar(1) : unary('Neg')(unary('Expm1')(times(exponent, Math.log(base)))),
  };
}

/** The value of a variable inside a function that is given its handle. */
export function readVariable(graph: Graph, resource: Output, shape: readonly number[]): Output {
  const value = graph.output('ReadVariableOp', [attribute.type('dtype', 'float32')], [resource]);
  graph.setShape(value, shape);
  return value;
}
