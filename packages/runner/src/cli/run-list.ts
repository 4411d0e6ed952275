import { nearest, OverparamError } from '@overparam/errors';
import { improvementDefinitions } from '@overparam/mtl-heads';
import { type PluginKind, registered } from '@overparam/plugin';
import { columns } from '@overparam/terminal';
import { z } from 'zod';
import { loadDefaultPlugins, loadPlugins } from '../config/plugins';
import { optimiserSchema } from '../config/schema';
import type { Invocation } from './invocation';

/** One thing that a config can name. */
interface Entry {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly {
    readonly name: string;
    readonly type: string;
    readonly default?: unknown;
    readonly description?: string;
  }[];
}

const pluginKinds: Readonly<Record<string, PluginKind>> = {
  methods: 'method',
  routines: 'routine',
  backbones: 'backbone',
  datasets: 'dataset',
  balancers: 'balancer',
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

const engines: readonly Entry[] = [
  { name: 'auto', summary: 'The first that loads of tensorflow, webgpu, wasm, cpu', options: [] },
  {
    name: 'tensorflow',
    summary: 'Native TensorFlow through its C API, where its library is installed (overparam engine install)',
    options: [],
  },
  { name: 'wasm', summary: 'WebAssembly with SIMD: runs everywhere', options: [] },
  { name: 'webgpu', summary: 'WebGPU, where the host offers it', options: [] },
  { name: 'cpu', summary: "tfjs's plain JavaScript; slow, for checks", options: [] },
];

/** `integer`, `"a" | "b"`, `number[]`: a JSON schema's type in a few characters. */
function typeText(schema: Readonly<Record<string, unknown>>): string {
  const alternatives = (schema.anyOf ?? schema.oneOf) as Record<string, unknown>[] | undefined;
  if (alternatives) return alternatives.map(typeText).join(' | ');
  if (Array.isArray(schema.enum)) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.type === 'array')
    return `${schema.items ? typeText(schema.items as Record<string, unknown>) : ''}[]`;
  if (schema.properties) return `{ ${Object.keys(schema.properties).join(', ')} }`;
  return typeof schema.type === 'string' ? schema.type : 'any';
}

/** Options of a schema, those of all alternatives where it has some. */
function optionsOf(schema: z.ZodType): Entry['options'] {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Record<string, unknown>;
  const objects = ((json.anyOf ?? json.oneOf ?? [json]) as Record<string, unknown>[]).filter(
    (part) => part.properties,
  );
  const found = new Map<string, Entry['options'][number]>();
  for (const { properties } of objects) {
    for (const [name, value] of Object.entries(properties as Record<string, Record<string, unknown>>)) {
      if (name === 'name' || found.has(name)) continue;
      found.set(name, {
        name,
        type: typeText(value),
        ...(value.default === undefined ? {} : { default: value.default }),
        ...(typeof value.description === 'string' ? { description: value.description } : {}),
      });
    }
  }
  return [...found.values()];
}

function optimisers(): Entry[] {
  const summaries = {
    sgd: "Stochastic gradient descent by PyTorch's definition",
    adam: "Adam by PyTorch's definition, L2 in the gradient",
    adamw: 'AdamW: Adam with decoupled weight decay',
  };
  return Object.entries(summaries).map(([name, summary]) => {
    const variant = optimiserSchema.options.find((option) => option.safeParse({ name }).success)!;
    return { name, summary, options: optionsOf(variant) };
  });
}

/** Everything that a config can name, by kind. */
function everything(): Record<string, readonly Entry[]> {
  const parts = Object.entries(pluginKinds).map(([plural, kind]) => [
    plural,
    registered(kind).map(({ name, summary, options }) => ({
      name,
      summary,
      options: optionsOf(options as z.ZodType),
    })),
  ]);
  return {
    ...Object.fromEntries(parts),
    improvements,
    engines,
    optimisers: optimisers(),
  } as Record<string, readonly Entry[]>;
}

function entryText({ name, summary, options }: Entry): string {
  const rows = options.map((option) => [
    `      ${option.name}`,
    option.type,
    option.default === undefined ? '' : `= ${JSON.stringify(option.default)}`,
    option.description ?? '',
  ]);
  return [`  ${name}  ${summary}`, ...(rows.length > 0 ? [columns(rows)] : [])].join('\n');
}

/** Runs `overparam list`. */
export async function runList(
  args: { readonly kind?: string },
  { output, plugins }: Invocation,
): Promise<void> {
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
