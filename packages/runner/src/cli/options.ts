import { flag, value, values } from '@overparam/terminal/command-line';

/** Options of every command. */
export const commonOptions = [flag('--json', 'Print one JSON object on stdout')];

/** Option of commands that compute. */
export const engineOption = value(
  '--engine <name>',
  'Where it computes: auto, or one that "list engines" names',
);

/** Option of commands that read data. */
export const dataOption = value(
  '--data-dir <folder>',
  'Folder of all datasets (OVERPARAM_DATA_DIR, else ./data)',
);

/** Option of commands that take no config, which would name its plugins. */
export const pluginOption = values(
  '--plugin <name>',
  'Load a plugin first, a package or a path; may be given many times',
);

/** Option of commands that read a run folder, whose config may name code. */
export const allowPluginsOption = flag(
  '--allow-plugins',
  "Run the code of plugins that the run's config names; only for a folder that you trust",
);

/** Option of commands that train. */
export const dryRunOption = flag(
  '--dry-run',
  'Say what would run, for how long (from a few updates) and in how much memory; nothing is written',
);

/** Option of commands that train by several processes. */
export const workersOption = value(
  '--workers <count>',
  'Train a run by so many processes of a machine, each on a share of every batch',
);

/** Options of runs that several processes train. */
export const workerOptions = [
  workersOption,
  value('--worker-deadline <seconds>', 'How long a worker waits for the others in an update (300)'),
  value('--worker-wait <seconds>', 'How long a worker waits for the others to start (300)'),
];

/** Options of commands that take a config. */
export const configOptions = [
  engineOption,
  dataOption,
  value('--seed <integer>', 'Decides the whole run'),
  values('--set <a.b=value>', 'Override a key of the config; may be given many times'),
  value('--variant <name>', "Apply one of the config's variants"),
  value('--out <folder>', 'Output folder'),
  flag('--resume', 'Go on where the folder of --out stopped; a new folder starts'),
];

/** Option of commands that train. */
export const tensorboardOption = flag(
  '--tensorboard',
  "Write the curves of each run for TensorBoard too, into its folder's tensorboard",
);
