import type { ArgsDef } from 'citty';

/** Options of every command. */
export const commonOptions = {
  json: { type: 'boolean', description: 'Print one JSON object on stdout' },
} as const satisfies ArgsDef;

/** Option of commands that compute. */
export const engineOption = {
  engine: { type: 'string', description: 'auto, tensorflow, wasm, webgpu or cpu', valueHint: 'name' },
} as const satisfies ArgsDef;

/** Option of commands that read data. */
export const dataOption = {
  'data-dir': {
    type: 'string',
    description: 'Folder of all datasets (OVERPARAM_DATA_DIR, else ./data)',
    valueHint: 'folder',
  },
} as const satisfies ArgsDef;

/** Option of commands that take no config, which would name its plugins. */
export const pluginOption = {
  plugin: {
    type: 'string',
    description: 'Load a plugin first, a package or a path; may be given many times',
    valueHint: 'name',
  },
} as const satisfies ArgsDef;

/** Options of commands that take a config. */
export const configOptions = {
  ...engineOption,
  ...dataOption,
  seed: { type: 'string', description: 'Decides the whole run', valueHint: 'integer' },
  set: {
    type: 'string',
    description: 'Override a key of the config; may be given many times',
    valueHint: 'a.b=value',
  },
  variant: { type: 'string', description: "Apply one of the config's variants", valueHint: 'name' },
  out: { type: 'string', description: 'Output folder', valueHint: 'folder' },
  resume: { type: 'boolean', description: 'Go on where the output folder stopped; a new folder starts' },
} as const satisfies ArgsDef;
