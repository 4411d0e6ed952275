import { nearest, OverparamError } from '@overparam/errors';
import { lookup } from '@overparam/plugin';
import type { LayerRecording } from '@overparam/training';
import { mergeLayers } from './merge';
import type { Choice, RunConfig, RunLayer } from './schema';

/** What a row is the control of, and how. */
export interface Control {
  readonly name: string;
  /** Label of the other row. */
  readonly of: string;
}

/** A control of every method: the plain network, in something like the other row's runs. */
export interface PlainControl {
  readonly name: string;
  readonly summary: string;
  /** What of the other row's run with the same seed it takes over while it trains; null where it needs none. */
  readonly follows: Follows['what'] | null;
  /** What the other row has to record for that. */
  readonly records: Partial<LayerRecording>;
}

/** What a run takes over from another one that is finished. */
export interface Follows {
  readonly what: 'norms' | 'rates';
  /** The other run's folder, from the config's. */
  readonly run: string;
}

/** Controls of every method; methods may have more of their own. */
export const plainControls: readonly PlainControl[] = [
  {
    name: 'normMatched',
    summary: "the plain network, its kernels scaled after each update to the norms of the other row's",
    follows: 'norms',
    records: { norms: 1 },
  },
  {
    name: 'rateMatched',
    summary: "the plain network, each layer at the rate that the other row's measured gain amounts to",
    follows: 'rates',
    records: { gains: 10 },
  },
  {
    name: 'equalCompute',
    summary: "the plain network for as many epochs as cost what the other row's training does",
    follows: null,
    records: {},
  },
];

/** A control of every method by name, or null. */
export function plainControl(name: string): PlainControl | null {
  return plainControls.find((control) => control.name === name) ?? null;
}

/** `TriRep: norm matched`. */
export function controlLabel({ name, of }: Control): string {
  return `${of}: ${name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)}`;
}

/** Keys that a row which follows another's runs may have; all else is the other row's. */
const ownKeys = ['control', 'label'];

/**
 * A row that is a control, laid on the row that it is of.
 *
 * @param labelOf  the label of a row as it is written
 * @throws OverparamError `unknown-row`, `invalid-control`
 */
export function controlledRow(
  row: RunLayer,
  rows: readonly RunLayer[],
  labelOf: (row: RunLayer) => string,
): RunLayer {
  const { control } = row;
  if (!control) return row;
  const labels = rows.filter((other) => !other.control).map(labelOf);
  const base = rows.find((other) => !other.control && labelOf(other) === control.of);
  if (!base) {
    const isControl = rows.some((other) => other.control && other !== row && labelOf(other) === control.of);
    const guess = nearest(control.of, labels);
    throw new OverparamError(
      'unknown-row',
      isControl
        ? `The control ${control.name} is of "${control.of}", which is a control itself. Write that row's options out, or name a row that is none: ${labels.join(', ')}.`
        : `The control ${control.name} is of "${control.of}", and no row has that label. ${guess ? `Did you mean "${guess}"? ` : ''}Rows: ${labels.join(', ')}.`,
    );
  }
  const others = Object.keys(row).filter((key) => !ownKeys.includes(key));
  if (plainControl(control.name)?.follows && others.length > 0) {
    throw new OverparamError(
      'invalid-control',
      `The control ${control.name} of "${control.of}" takes all but its label from that row's runs; it also has ${others.join(', ')}. Leave that out, or change it in the other row.`,
    );
  }
  const { label: _, ...keys } = base;
  return mergeLayers([keys, { ...row, label: row.label ?? controlLabel(control) }]);
}

/**
 * A row with its control put into its method, before options are completed; the methods must be registered.
 *
 * @throws OverparamError `unknown-control` with those that there are
 */
export function withControl(layer: RunLayer): RunLayer {
  const { control, ...rest } = layer;
  if (!control) return layer;
  const { method } = mergeLayers([{ method: 'plain' }, rest]) as { method: Choice };
  if (plainControl(control.name)) {
    if (method.name !== 'plain') return { ...rest, method: 'plain', routine: 'joint', select: null };
    throw new OverparamError(
      'invalid-control',
      `The control ${control.name} is of "${control.of}", which is the plain network itself: there is nothing to be told apart. Name a row of a method.`,
    );
  }
  const own = lookup('method', method.name).controls ?? {};
  const found = own[control.name];
  if (found) return mergeLayers([rest, { method: { name: method.name, ...found.options } }]);
  const names = [...plainControls.map(({ name }) => name), ...Object.keys(own)];
  const guess = nearest(control.name, names);
  throw new OverparamError(
    'unknown-control',
    `The method "${method.name}" of the row "${control.of}" has no control "${control.name}". ${guess ? `Did you mean "${guess}"? ` : ''}It has ${names.join(', ')}.`,
  );
}

/** A row of a comparison that is the control of another. */
export interface ControlledRow {
  readonly control: PlainControl;
  /** Index of the other row. */
  readonly of: number;
}

/**
 * Which rows train the plain network as controls of others.
 *
 * @param layers  the rows that are left, laid
 * @throws OverparamError `missing-row` where the row that one is of was not chosen
 */
export function controlsOf(layers: readonly RunLayer[]): (ControlledRow | null)[] {
  return layers.map(({ control }) => {
    const found = control && plainControl(control.name);
    if (!found) return null;
    const of = layers.findIndex((other) => !other.control && other.label === control.of);
    if (of >= 0) return { control: found, of };
    throw new OverparamError(
      'missing-row',
      `The control ${control.name} needs ${found.follows ? 'the runs of ' : ''}the row "${control.of}", which --set has left out. Choose both rows, or leave this one out.`,
    );
  });
}

const order: readonly (keyof LayerRecording)[] = ['norms', 'gains', 'shapes'];

/** A row's config that records what its controls follow, beside what it records by itself; more often counts. */
export function recordingFor(config: RunConfig, controls: readonly PlainControl[]): RunConfig {
  const asked = controls.map(({ records }) => records).filter((records) => Object.keys(records).length > 0);
  if (asked.length === 0) return config;
  const own: LayerRecording = config.layerRecords ?? { norms: null, gains: null, shapes: null };
  const often = (key: keyof LayerRecording) => {
    const given = [own[key], ...asked.map((records) => records[key] ?? null)];
    const counts = given.filter((every) => typeof every === 'number');
    return counts.length > 0 ? Math.min(...counts) : own[key];
  };
  return {
    ...config,
    layerRecords: Object.fromEntries(order.map((key) => [key, often(key)])) as unknown as LayerRecording,
  };
}

/** A row that follows another one, with all that the other has been given since, such as the rate that was chosen for it. */
export function followerOf(config: RunConfig, base: RunConfig): RunConfig {
  const { label, method, routine, select } = config;
  return { ...base, label, method, routine, select, layerRecords: null };
}
