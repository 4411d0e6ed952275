import type { FlatCall, FlatNetwork, FlatTensor } from '@overparam/export';
import { type Part, partOf } from './kinds';

/** A tensor of a network that stands on a grid. */
export interface Place {
  /** Unique in the network, such as `stem_conv_int8`. */
  readonly name: string;
  readonly tensor: FlatTensor;
  /** The place whose grid it takes, as layers in between only move numbers; null for a grid of its own. */
  readonly sameAs: string | null;
}

/** What becomes of a network's tensors and layers in eight bits. */
export interface Places {
  /** In the order in which they are computed. */
  readonly places: readonly Place[];
  /** Calls whose kernels become int8. */
  readonly weighted: readonly FlatCall[];
}

/**
 * Says which tensors of a network stand on a grid: what goes into a layer that runtimes have an int8 form of, and what comes
 * out of one with a kernel, behind its activation. The network's own outputs stay as they are.
 *
 * @param float  layers, by path, that stay in float32
 */
export function placesOf(network: FlatNetwork, float: readonly string[] = []): Places {
  const part = (call: FlatCall): Part => (float.includes(call.path) ? 'float' : partOf(call));
  const consumers = new Map<FlatTensor, FlatCall[]>();
  const producers = new Map<FlatTensor, FlatCall>();
  for (const call of network.calls) {
    for (const input of call.inputs) consumers.set(input, [...(consumers.get(input) ?? []), call]);
    for (const output of call.outputs) producers.set(output, call);
  }
  const users = (tensor: FlatTensor) => consumers.get(tensor) ?? [];

  const known = new Map<FlatTensor, boolean>();
  /** Whether some layer takes the tensor, or what is moved of it, in eight bits. */
  const wanted = (tensor: FlatTensor): boolean => {
    const before = known.get(tensor);
    if (before !== undefined) return before;
    known.set(tensor, false);
    const found = users(tensor).some((call) => {
      const role = part(call);
      if (role === 'weighted' || role === 'arithmetic') return true;
      // A further output, such as the places of maxima, holds no such numbers.
      return (role === 'moving' || role === 'transparent') && wanted(call.outputs[0]!);
    });
    known.set(tensor, found);
    return found;
  };

  /** Whether a tensor comes out of an int8 layer, by way of its activation. */
  const comesOut = (tensor: FlatTensor): boolean => {
    const call = producers.get(tensor);
    if (!call) return false;
    const role = part(call);
    if (role === 'activation') return comesOut(call.inputs[0]!);
    return role === 'weighted' || role === 'arithmetic';
  };

  const cutBehind = (tensor: FlatTensor) =>
    users(tensor).length > 0 && users(tensor).every((call) => part(call) === 'activation');

  const names = new Set<string>();
  const places: Place[] = [];
  const placed = new Map<FlatTensor, Place>();
  /** The place that a tensor's numbers come from, through layers that are left out. */
  const origin = (tensor: FlatTensor): Place | null => {
    const own = placed.get(tensor);
    if (own) return own;
    const call = producers.get(tensor);
    return call && part(call) === 'transparent' ? origin(call.inputs[0]!) : null;
  };
  const place = (tensor: FlatTensor, wantedName: string): void => {
    if (tensor.dtype !== 'float32' || users(tensor).length === 0 || cutBehind(tensor)) return;
    const call = producers.get(tensor);
    const role = call ? part(call) : null;
    if (role === 'transparent' && origin(call!.inputs[0]!)) return;
    if (!wanted(tensor) && !comesOut(tensor)) return;
    const from = role === 'moving' ? origin(call!.inputs[0]!) : null;
    let name = `${wantedName.replaceAll('/', '_')}_int8`;
    for (let count = 2; names.has(name); count++) name = `${wantedName.replaceAll('/', '_')}_int8_${count}`;
    names.add(name);
    const made: Place = { name, tensor, sameAs: from === null ? null : (from.sameAs ?? from.name) };
    placed.set(tensor, made);
    places.push(made);
  };

  for (const { name, tensor } of network.inputs) place(tensor, name);
  const weighted: FlatCall[] = [];
  for (const call of network.calls) {
    if (part(call) === 'weighted') weighted.push(call);
    const numbers = part(call) === 'moving' ? call.outputs.slice(0, 1) : call.outputs;
    for (const tensor of numbers) place(tensor, call.path);
  }
  return { places, weighted };
}
