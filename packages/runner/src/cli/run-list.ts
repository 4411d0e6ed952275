import { loadDefaultPlugins, loadPlugins } from '@overparam/config';
import { engines, type OptimiserKind, optimisers } from '@overparam/engine';
import { nearest, OverparamError } from '@overparam/errors';
import { improvementDefinitions } from '@overparam/mtl-heads';
import {
  describeOptions,
  type OptionDescription,
  type PartSource,
  type PluginKind,
  type PluginPart,
  registered,
} from '@overparam/plugin';
import { columns } from '@overparam/terminal';
import type { Invocation } from './invocation';

/** One thing that a config can name. */
interface Entry {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly OptionDescription[];
  /** The paper that it comes from. */
  readonly source?: PartSource;
}

const pluginKinds: Readonly<Record<string, PluginKind>> = {
  methods: 'method',
  routines: 'routine',
  backbones: 'backbone',
  datasets: 'dataset',
  balancers: 'balancer',
  regularisers: 'regulariser',
  heads: 'head',
  tasks: 'task',
};

const improvements: readonly Entry[] = Object.values(improvementDefinitions).map(
  ({ name, formula, direction }) => ({
    name,
    summary: `${formula}; ${direction} is better`,
    options: [],
  }),
);

const engineEntries: readonly Entry[] = [
  {
    name: 'auto',
    summary: `The first that loads of ${engines.map(({ name }) => name).join(', ')}`,
    options: [],
  },
  ...engines.map(({ name, summary }) => ({ name, summary, options: [] })),
];

/** A part of a plugin, or anything else with options. */
function entryOf(part: PluginPart<PluginKind> | OptimiserKind): Entry {
  const { name, summary, options } = part;
  const source = 'source' in part ? part.source : undefined;
  return { name, summary, options: describeOptions(options), ...(source && { source }) };
}

/** Everything that a config can name, by kind. */
function everything(): Record<string, readonly Entry[]> {
  const parts = Object.entries(pluginKinds).map(([plural, kind]) => [plural, registered(kind).map(entryOf)]);
  return {
    ...Object.fromEntries(parts),
    improvements,
    engines: engineEntries,
    optimisers: optimisers.map(entryOf),
  } as Record<string, readonly Entry[]>;
}

function entryText({ name, summary, options, source }: Entry): string {
  const rows = options.map((option) => [
    `      ${option.name}`,
    option.type,
    option.default === undefined ? '' : `= ${JSON.stringify(option.default)}`,
    option.description ?? '',
  ]);
  const paper = source ? [`      ${source.title}, ${source.url}`] : [];
  return [`  ${name}  ${summary}`, ...paper, ...(rows.length > 0 ? [columns(rows)] : [])].join('\n');
}

/** What `overparam list` takes. */
export interface ListArguments {
  readonly kind?: string;
}

/** Runs `overparam list`. */
export async function runList(args: ListArguments, { output, plugins }: Invocation): Promise<void> {
  await loadDefaultPlugins();
  await loadPlugins(plugins, process.cwd());
  const all = everything();
  const kinds = Object.keys(all);
  if (args.kind !== undefined && !kinds.includes(args.kind)) {
    const near = nearest(args.kind, kinds);
    throw new OverparamError(
      'unknown-kind',
      `There are no "${args.kind}" to list. ${near ? `Did you mean "${near}"?` : `Expected ${kinds.join(', ')}.`}`,
    );
  }
  const chosen = args.kind === undefined ? all : { [args.kind]: all[args.kind]! };
  const text = Object.entries(chosen).map(([kind, entries]) => [kind, ...entries.map(entryText)].join('\n'));
  output.result(chosen, text.join('\n\n'));
}
