import type { JsonValue } from '@overparam/export';

/** A layer, or what a format has in its place. */
export interface InspectedLayer {
  readonly name: string;
  /** Its kind, by the format's name. */
  readonly kind: string;
  /** Numbers in its weights. */
  readonly parameters: number;
}

/** One thing that was looked at. */
export interface InspectionCheck {
  readonly what: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** What a file or folder of a network is. */
export interface Inspection {
  readonly path: string;
  /** Such as `ONNX, opset 13`. */
  readonly format: string;
  /** `expanded`, `collapsed`, `plain` or, in eight bits, `quantised`; null where the file does not say. */
  readonly role: string | null;
  /** All that it says of where it comes from; empty where it says nothing. */
  readonly about: Readonly<Record<string, JsonValue>>;
  readonly layers: readonly InspectedLayer[];
  /** Numbers in all weights, running statistics included. */
  readonly parameters: number;
  /** Multiply-adds for one example; null where they are not known. */
  readonly multiplyAdds: number | null;
  readonly checks: readonly InspectionCheck[];
}

/** What is said of a file's own words on where it comes from. */
export function lineageOf(value: unknown): Pick<Inspection, 'role' | 'about' | 'multiplyAdds'> {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  const about = (isObject && isShallow(value) ? value : {}) as Record<string, JsonValue>;
  const { multiplyAdds } = Object(about.cost) as { multiplyAdds?: unknown };
  return {
    role: typeof about.role === 'string' ? about.role : null,
    about,
    multiplyAdds: typeof multiplyAdds === 'number' ? multiplyAdds : null,
  };
}

/** Whether values lie in values no deeper than anybody writes them: what is deeper would break whoever walks it. */
function isShallow(value: unknown): boolean {
  let level = [value];
  for (let depth = 0; depth < 20; depth++) {
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? Object.values(one) : []));
    if (level.length === 0) return true;
  }
  return false;
}

/** A JSON text, or null. */
export function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    return null;
  }
}

/** Numbers in a tensor of a shape. */
export const sizeOf = (shape: readonly number[]) => shape.reduce((product, side) => product * side, 1);

/** Parameters by layer: what stands before the last separator of a tensor's name. */
export function grouped(
  tensors: Iterable<readonly [name: string, shape: readonly number[]]>,
  separator: '/' | '.',
): Map<string, number> {
  const layers = new Map<string, number>();
  for (const [name, shape] of tensors) {
    const end = name.lastIndexOf(separator);
    const layer = end < 0 ? name : name.slice(0, end);
    layers.set(layer, (layers.get(layer) ?? 0) + sizeOf(shape));
  }
  return layers;
}
