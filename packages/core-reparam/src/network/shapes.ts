import type * as tf from '@tensorflow/tfjs';
import type { Graph, OutputOf } from './graph';

/** A use of a layer with the shapes that tfjs noted when it was made. */
export interface RecordedCall {
  readonly layer: string;
  readonly call: number;
  readonly inputShapes: readonly tf.Shape[];
  readonly outputShapes: readonly tf.Shape[];
}

/** The uses in each model, in an order in which they can be run. */
export type Recorded = ReadonlyMap<Graph, readonly RecordedCall[]>;

/**
 * Notes at every use the shapes that it is run with. A model inside of a network may be used on another size than the
 * one it was made for, or on several.
 *
 * @param given  shapes of the whole network's inputs
 */
export function noteShapes(whole: Graph, recorded: Recorded, given: readonly tf.Shape[]): void {
  const run = (graph: Graph, inputs: readonly tf.Shape[]): readonly tf.Shape[] => {
    const shapes = new Map<string, tf.Shape>();
    graph.inputs.forEach((input, index) => {
      shapes.set(placeOf(input), inputs[index]!);
    });
    for (const use of recorded.get(graph)!) {
      const layer = graph.layer(use.layer);
      const call = layer.calls[use.call]!;
      const taken = call.inputs.map((input) => shapes.get(placeOf(input))!);
      call.inputShapes = [...call.inputShapes, taken[0]!];
      const made = layer.inner ? run(layer.inner, taken) : outputShapes(layer.source, use, taken);
      call.outputShapes = [...call.outputShapes, made[0]!];
      for (const [output, shape] of made.entries())
        shapes.set(placeOf({ layer: use.layer, call: use.call, output }), shape);
    }
    return graph.outputs.map((output) => shapes.get(placeOf(output))!);
  };
  run(whole, given);
}

const placeOf = ({ layer, call, output }: OutputOf) => `${call} ${output} ${layer}`;

function outputShapes(
  layer: tf.layers.Layer | null,
  { inputShapes, outputShapes: noted }: RecordedCall,
  given: readonly tf.Shape[],
): readonly tf.Shape[] {
  if (JSON.stringify(inputShapes) === JSON.stringify(given)) return noted;
  try {
    const shapes = layer!.computeOutputShape(
      given.length === 1 ? [...given[0]!] : given.map((one) => [...one]),
    );
    return (Array.isArray(shapes[0]) ? shapes : [shapes]) as tf.Shape[];
  } catch {
    // A size that tfjs cannot follow is one that is not known.
    return noted.map((shape) => shape.map((side, axis) => (axis === shape.length - 1 ? side : null)));
  }
}
